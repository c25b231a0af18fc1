//! The times and bounds that a cluster lives by.

use std::time::Duration;

use cloakroom_node_config::{BackingMode, NodeConfig};

/// How a node of a cluster waits, beats and moves sessions.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Between two beacons to a member.
    pub beacon: Duration,
    /// How long a node may serve on the answers of a majority.
    pub lease: Duration,
    /// After this long without an answered beacon a member is called silent.
    pub silent_after: Duration,
    /// How long a read is held before its client is told to ask again.
    pub read_hold: Duration,
    /// How long a write is held before its connection closes: there is no "ask again" for writes.
    pub write_hold: Duration,
    /// How long a draining node waits until its sessions are elsewhere.
    pub drain_patience: Duration,
    /// The most that is handed over in a second.
    pub bytes_per_second: u64,
    /// Bytes on their way that were not confirmed.
    pub in_flight_bytes: u64,
}

impl From<&NodeConfig> for Settings {
    fn from(config: &NodeConfig) -> Self {
        let (lease, silent_after) = match config.backing_store.as_ref().map(|backing| backing.mode) {
            // Nobody takes over before the operator has missed a node for 30 s, so a shorter lease would only pause
            // nodes whose peer restarts within seconds. Some beacons may be late on a busy machine.
            None => (Duration::from_secs(5), Duration::from_secs(2)),
            // The operator waits for 5 s, and each second of the lease is one more without the share of a lost node.
            Some(BackingMode::WriteBehind) => (Duration::from_secs(2), Duration::from_secs(2)),
            // Whoever stands in too early costs nothing but a second read.
            Some(BackingMode::WriteThrough) => (Duration::from_secs(5), Duration::from_millis(750)),
        };
        Self {
            beacon: Duration::from_millis(250),
            lease,
            silent_after,
            // Clients ask again every half second anyway.
            read_hold: Duration::from_millis(500),
            // Below the 10 s after which clients give up (stateNetworkTimeout).
            write_hold: Duration::from_secs(8),
            // Together with the last requests below the grace period that Kubernetes gives.
            drain_patience: Duration::from_secs(90),
            bytes_per_second: config.hand_off.bytes_per_second,
            in_flight_bytes: config.hand_off.in_flight_bytes,
        }
    }
}
