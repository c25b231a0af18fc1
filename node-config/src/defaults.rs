//! Each default once, with its reason.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use crate::{Acknowledge, HandOff, Journal, Limits, Log, LogFormat, NodeConfig};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            // In the current directory, so that a first try needs no rights and is easy to find and delete.
            data_dir: PathBuf::from("./cloakroom-data"),
            // The original service's port; loopback because whoever reaches it reads every session.
            state_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 42_424)),
            state_tls: None,
            admin_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9_424)),
            peer_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 42_425)),
            ring_file: None,
            node_name: None,
            peer_key_file: None,
            peer_tls: None,
            hand_off: HandOff::default(),
            backing_store: None,
            data_centre: None,
            allow_plaintext: false,
            // What people expect of an answer; speed at the price of loss must be asked for.
            acknowledge: Acknowledge::Disk,
            commit_window: Duration::from_millis(100),
            // Some 50,000 sessions of 4 KiB, and small enough for a laptop.
            hot_tier: 256 * MIB,
            limits: Limits::default(),
            journal: Journal::default(),
            // What a .NET Framework 4.x service sends; clients compare it with nothing.
            aspnet_version: String::from("4.0.30319"),
            http_status_prefix: false,
            // Kubernetes needs about a second to take a pod out of every machine's proxy; loaded clusters more.
            drain_settle: Duration::from_secs(5),
            // The grace period that Kubernetes gives a pod.
            drain_timeout: Duration::from_secs(30),
            salvage: false,
            log: Log::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            // One web server's pool may be large; a fifth of the node is still not all of it.
            connections_per_source: 2_000,
            // 80 characters of session id can encode to 720 bytes, and application ids vary.
            head_bytes: 16 * KIB,
            body_bytes: 64 * MIB,
            // Four of the largest bodies at once.
            in_flight_bytes: 256 * MIB,
            head_timeout: Duration::from_secs(5),
            body_bytes_per_second: 10 * KIB,
            write_stall: Duration::from_secs(30),
            // Clients pool connections and reopen them without complaint.
            idle_timeout: Duration::from_secs(120),
            lifetime_max: 30 * DAY,
            disk_bytes: None,
        }
    }
}

impl Default for HandOff {
    fn default() -> Self {
        Self {
            // A sixth of a gigabit link, and a fifth of a core: requests do not notice.
            bytes_per_second: 20 * MIB,
            // Enough for that rate over any link between data centres, and little beside the hot tier.
            in_flight_bytes: 16 * MIB,
        }
    }
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            // The most that the format can address; fewer files mean fewer directory syncs.
            segment_bytes: 64 * MIB,
            queue_bytes: 64 * MIB,
            compress: true,
            // Below a disk block's worth of savings the work does not pay.
            compress_threshold: KIB,
            // A second of replay.
            checkpoint_bytes: 256 * MIB,
            // A fraction of what a cheap volume writes, so that requests do not notice.
            compact_bytes_per_second: 32 * MIB,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: String::from("info"), format: LogFormat::Text }
    }
}

/// Beside the peer port; loopback because whoever is admitted there reads every session.
pub(crate) fn gateway_listen() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 42_426))
}

/// Beside the state port as 443 is beside 80, and loopback for the same reason.
pub(crate) fn state_tls_listen() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 42_443))
}

/// One cluster to an engine is the usual case.
pub(crate) fn key_prefix() -> String {
    "cloakroom/".to_owned()
}

/// What the loss of a node may cost, against what a busy session costs the engine: one write in this time.
pub(crate) fn window() -> Duration {
    Duration::from_secs(1)
}

/// An engine that fails over is back within it, as often as not; a client's patience is longer.
pub(crate) fn engine_timeout() -> Duration {
    Duration::from_secs(2)
}

/// The sessions of a lost node return within a minute, and the engine's own users do not notice.
pub(crate) fn recoveries_per_second() -> u32 {
    2_000
}

/// Some 4 GiB on the volume at 4 KiB each.
pub(crate) fn unflushed_sessions() -> u64 {
    1_000_000
}

/// The engine's own.
pub(crate) fn postgres_port() -> u16 {
    5_432
}

/// Database and schema, so that nothing of others is in the way.
pub(crate) fn postgres_name() -> String {
    "cloakroom".to_owned()
}

/// Requests are pipelined; a few connections use all cores of an engine, and it admits some 100 in all.
pub(crate) fn postgres_connections() -> u32 {
    8
}
