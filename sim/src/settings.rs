//! The times and sizes of simulated nodes: those of real ones, made smaller so that much happens in seconds.

use std::time::Duration;

use cloakroom_node::cluster::{BackingMode, BackingSettings};
use cloakroom_node::{cluster, store};
use cloakroom_node_config::{Acknowledge, NodeConfig};

use crate::chance::Chance;
use crate::mode::Mode;

/// After this long without an answer the operator may exclude a node. Longer than 1.25 leases, as in production.
pub const GRACE: Duration = Duration::from_millis(2_500);
/// The same where an engine has what the node had.
pub const GRACE_BEHIND: Duration = Duration::from_millis(1_000);
/// How long a change may wait until it is stored in the engine.
pub const WINDOW: Duration = Duration::from_millis(200);
/// How old a plain read may be while nodes do not hear each other: until its owner has noticed that it may have been
/// stood in for.
pub(crate) const STALE: Duration = Duration::from_millis(800);
/// How far the engine may be behind a node that reaches it: the window, a slow disk and some calls.
pub(crate) const BEHIND: Duration = Duration::from_millis(1_700);
/// A call to the engine that takes longer is given up.
pub(crate) const ENGINE_TIMEOUT: Duration = Duration::from_millis(400);
/// So long a node must have answered before it may join.
pub const DAMPING: Duration = Duration::from_millis(300);

/// When sessions that were taken over come back: never, at once, or after a while.
pub const SWING_BACK_AFTER: [Option<Duration>; 3] =
    [None, Some(Duration::ZERO), Some(Duration::from_secs(1))];

/// What a node may have on its way to others.
pub(crate) const IN_FLIGHT_BYTES: u64 = 32 << 10;

/// A store whose journal turns over within a run, and whose queue is full behind so many bytes.
pub(crate) fn store(queue_bytes: usize, mode: Mode) -> store::Settings {
    store::Settings {
        queue_bytes,
        acknowledge: Acknowledge::Disk,
        commit_window: Duration::ZERO,
        segment_bytes: 16 << 10,
        checkpoint_bytes: 24 << 10,
        hot_tier_bytes: 64 << 10,
        compress_from: Some(256),
        compact_bytes_per_second: u64::MAX,
        backed: mode.has_engine(),
        through: mode.is_through(),
        ..store::Settings::from(&NodeConfig::default())
    }
}

/// Beacons and leases at a fifth, and a rate of handing over.
pub(crate) fn cluster(bytes_per_second: u64, mode: Mode) -> cluster::Settings {
    cluster::Settings {
        bytes_per_second,
        beacon: Duration::from_millis(100),
        lease: if mode == Mode::Behind { Duration::from_millis(400) } else { Duration::from_secs(1) },
        silent_after: Duration::from_millis(500),
        read_hold: Duration::from_millis(200),
        write_hold: Duration::from_secs(3),
        drain_patience: Duration::from_secs(6),
        in_flight_bytes: IN_FLIGHT_BYTES,
    }
}

/// What a node is told of the engine.
pub(crate) fn backing(mode: Mode, chance: &Chance) -> Option<BackingSettings> {
    let mode = match mode {
        Mode::Disk => return None,
        Mode::Behind => BackingMode::Behind,
        Mode::Stall | Mode::Swing => BackingMode::Through { degrade: false },
        Mode::Degrade => BackingMode::Through { degrade: true },
    };
    Some(BackingSettings {
        mode,
        window: WINDOW,
        recoveries_per_second: chance.pick(&[20, 2_000]),
        unflushed_max: chance.pick(&[3, 1_000_000]),
    })
}
