//! Which values a node can run with, and why not the others.

mod address;
mod backing_store;
mod data_centre;
mod rules;
mod state_tls;

use std::time::Duration;

use crate::{NodeConfig, Problem};
use rules::Rules;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl NodeConfig {
    /// Judges every value, so that one start shows everything there is to correct.
    ///
    /// # Errors
    /// All [`Problem`]s, in the order of the keys.
    pub fn validate(&self) -> Result<(), Vec<Problem>> {
        let mut rules = Rules::default();
        self.judge_places(&mut rules);
        if let Some(state_tls) = &self.state_tls {
            state_tls.judge(self, &mut rules);
        }
        self.judge_peers(&mut rules);
        if let Some(backing_store) = &self.backing_store {
            backing_store.judge(&mut rules);
        }
        if let Some(data_centre) = &self.data_centre {
            data_centre.judge(self, &mut rules);
        }
        self.judge_sessions(&mut rules);
        self.judge_limits(&mut rules);
        self.judge_journal(&mut rules);
        rules.verdict()
    }

    fn judge_places(&self, rules: &mut Rules) {
        rules.require(!self.data_dir.as_os_str().is_empty(), "dataDir", || {
            ("it is empty".to_owned(), "write a directory, for example ./cloakroom-data".to_owned())
        });
        let listen = self.state_listen;
        rules.require(listen.ip().is_loopback() || self.allow_plaintext, "stateListen", || {
            (
                format!("{listen} is open to other machines, and the state protocol has no passwords and no encryption"),
                format!(
                    "write 127.0.0.1:{} to serve this machine only, or allowPlaintext: true (--allow-plaintext) if \
                     a firewall or a network policy admits nobody but your web servers",
                    listen.port()
                ),
            )
        });
        rules.require(listen.port() == 0 || listen != self.admin_listen, "adminListen", || {
            (
                format!("{listen} is the state port already"),
                "write another port, for example 127.0.0.1:9424".to_owned(),
            )
        });
    }

    fn judge_peers(&self, rules: &mut Rules) {
        let listen = self.peer_listen;
        let guarded = self.peer_key_file.is_some() || self.peer_tls.is_some();
        rules.require(self.ring_file.is_none() || listen.ip().is_loopback() || guarded, "peerListen", || {
            (
                format!("{listen} is open to other machines, and whoever reaches it can read every session"),
                "write peerKeyFile (a file with a secret that all nodes share) or peerTls, or a loopback address for nodes \
                 on one machine"
                    .to_owned(),
            )
        });
        for (key, other) in [("stateListen", self.state_listen), ("adminListen", self.admin_listen)] {
            rules.require(
                self.ring_file.is_none() || listen.port() == 0 || listen != other,
                "peerListen",
                || {
                    (
                        format!("{listen} is {key} already"),
                        "write another port, for example 127.0.0.1:42425".to_owned(),
                    )
                },
            );
        }
        for (key, path) in [("ringFile", &self.ring_file), ("peerKeyFile", &self.peer_key_file)] {
            rules.file(key, path.as_deref());
        }
        let name = self.node_name.as_deref();
        rules.require(name.is_none_or(|name| (1..=253).contains(&name.len())), "nodeName", || {
            (
                "a name has 1 to 253 characters".to_owned(),
                "write the node's name in the ring, for example shop-0".to_owned(),
            )
        });
        rules.size("handOff.bytesPerSecond", self.hand_off.bytes_per_second, 64 * KIB..=16 * GIB);
        rules.size("handOff.inFlightBytes", self.hand_off.in_flight_bytes, MIB..=GIB);
    }

    fn judge_sessions(&self, rules: &mut Rules) {
        rules.span("commitWindow", self.commit_window, Duration::from_millis(1)..=Duration::from_secs(10));
        rules.size("hotTier", self.hot_tier, MIB..=1024 * GIB);
        let version = &self.aspnet_version;
        let header_safe =
            (1..=64).contains(&version.len()) && version.bytes().all(|byte| byte.is_ascii_graphic());
        rules.require(header_safe, "aspnetVersion", || {
            (
                format!("{version:?} cannot be sent in a header"),
                "write a version, for example \"4.0.30319\"".to_owned(),
            )
        });
        rules.span("drainSettle", self.drain_settle, Duration::ZERO..=5 * MINUTE);
        rules.span("drainTimeout", self.drain_timeout, Duration::ZERO..=60 * MINUTE);
        rules.require(!self.log.filter.trim().is_empty(), "log.filter", || {
            ("it is empty".to_owned(), "write error, warn, info, debug or trace".to_owned())
        });
    }

    fn judge_limits(&self, rules: &mut Rules) {
        let limits = &self.limits;
        rules.within("limits.connections", limits.connections, 1..=1_000_000);
        rules.within("limits.connectionsPerSource", limits.connections_per_source, 1..=1_000_000);
        rules.size("limits.headBytes", limits.head_bytes, KIB..=MIB);
        rules.size("limits.bodyBytes", limits.body_bytes, KIB..=GIB);
        // Otherwise the largest permitted body could never be received.
        rules.size("limits.inFlightBytes", limits.in_flight_bytes, limits.body_bytes..=1024 * GIB);
        let patience = Duration::from_millis(10)..=60 * MINUTE;
        rules.span("limits.headTimeout", limits.head_timeout, patience.clone());
        rules.size("limits.bodyBytesPerSecond", limits.body_bytes_per_second, 1..=GIB);
        rules.span("limits.writeStall", limits.write_stall, patience.clone());
        rules.span("limits.idleTimeout", limits.idle_timeout, patience);
        rules.span("limits.lifetimeMax", limits.lifetime_max, MINUTE..=365 * DAY);
        let whole_minutes = limits.lifetime_max.as_nanos().is_multiple_of(MINUTE.as_nanos());
        rules.require(whole_minutes, "limits.lifetimeMax", || {
            let span = humantime::format_duration(limits.lifetime_max);
            (
                format!("{span} is not a whole number of minutes"),
                "write minutes, hours or days, for example 30days".to_owned(),
            )
        });
        if let Some(bytes) = limits.disk_bytes {
            // One being written, three ahead, one being compacted into, and as many again for sessions.
            rules.size("limits.diskBytes", bytes, self.journal.segment_bytes.saturating_mul(10)..=1 << 60);
        }
    }

    fn judge_journal(&self, rules: &mut Rules) {
        let journal = &self.journal;
        // The format addresses 64 MiB inside a segment; small segments are for tests.
        rules.size("journal.segmentBytes", journal.segment_bytes, 64 * KIB..=64 * MIB);
        rules.size("journal.queueBytes", journal.queue_bytes, 64 * KIB..=16 * GIB);
        rules.size("journal.compressThreshold", journal.compress_threshold, 0..=GIB);
        rules.size("journal.checkpointBytes", journal.checkpoint_bytes, 64 * KIB..=64 * GIB);
        rules.size("journal.compactBytesPerSecond", journal.compact_bytes_per_second, 64 * KIB..=16 * GIB);
    }
}
