//! The times and sizes of simulated nodes: those of real ones, made smaller so that much happens in seconds.

use std::time::Duration;

use cloakroom_node::{cluster, store};
use cloakroom_node_config::{Acknowledge, NodeConfig};

/// After this long without an answer the operator may exclude a node. Longer than 1.25 leases, as in production.
pub const GRACE: Duration = Duration::from_millis(2_500);
/// So long a node must have answered before it may join.
pub const DAMPING: Duration = Duration::from_millis(300);

/// What a node may have on its way to others.
pub(crate) const IN_FLIGHT_BYTES: u64 = 32 << 10;

/// A store whose journal turns over within a run, and whose queue is full behind so many bytes.
pub(crate) fn store(queue_bytes: usize) -> store::Settings {
    store::Settings {
        queue_bytes,
        acknowledge: Acknowledge::Disk,
        commit_window: Duration::ZERO,
        segment_bytes: 16 << 10,
        checkpoint_bytes: 24 << 10,
        hot_tier_bytes: 64 << 10,
        compress_from: Some(256),
        compact_bytes_per_second: u64::MAX,
        ..store::Settings::from(&NodeConfig::default())
    }
}

/// Beacons and leases at a fifth, and a rate of handing over.
pub(crate) fn cluster(bytes_per_second: u64) -> cluster::Settings {
    cluster::Settings {
        bytes_per_second,
        beacon: Duration::from_millis(100),
        lease: Duration::from_secs(1),
        silent_after: Duration::from_millis(500),
        read_hold: Duration::from_millis(200),
        write_hold: Duration::from_secs(3),
        drain_patience: Duration::from_secs(6),
        in_flight_bytes: IN_FLIGHT_BYTES,
    }
}
