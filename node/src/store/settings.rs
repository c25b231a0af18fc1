//! What the store is told about itself.

use std::time::Duration;

use cloakroom_node_config::{Acknowledge, BackingMode, NodeConfig};
use cloakroom_session::Timeout;

use super::Store;

/// How a store keeps its promises and its limits.
#[derive(Clone, Debug)]
pub struct Settings {
    /// When a write is answered.
    pub acknowledge: Acknowledge,
    /// The longest that a change waits for company when nobody waits for it.
    pub commit_window: Duration,
    /// Bytes of the hot tier.
    pub hot_tier_bytes: u64,
    /// Stands in for a timeout of zero.
    pub lifetime_max: Timeout,
    /// Bytes of an ordinary segment.
    pub segment_bytes: u64,
    /// Bytes that may wait for the committer.
    pub queue_bytes: usize,
    /// Bodies of at least this many bytes are compressed when they outlive their first segment; `None` for never.
    pub compress_from: Option<usize>,
    /// Journal bytes behind which the index is written down.
    pub checkpoint_bytes: u64,
    /// Bytes a second that compaction may move.
    pub compact_bytes_per_second: u64,
    /// Bytes that the journal may take; `None` for what the volume has.
    pub disk_bytes: Option<u64>,
    /// Go on without what is damaged or missing.
    pub salvage: bool,
    /// Whether there is a backing store, so that it must be known what that does not have.
    pub backed: bool,
    /// Whether changes are written through to it: then what is replayed after an unclean stop is what it had once.
    pub through: bool,
}

impl Store {
    /// What stands in for a timeout of zero.
    #[must_use]
    pub fn lifetime_max(&self) -> Timeout {
        self.settings.lifetime_max
    }

    /// Bytes of the hot tier.
    #[must_use]
    pub fn hot_tier_bytes(&self) -> u64 {
        self.settings.hot_tier_bytes
    }
}

impl From<&NodeConfig> for Settings {
    fn from(config: &NodeConfig) -> Self {
        let minutes = config.limits.lifetime_max.as_secs().div_ceil(60);
        let minutes = u32::try_from(minutes).unwrap_or(u32::MAX).max(1);
        let bytes = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        Self {
            acknowledge: config.acknowledge,
            commit_window: config.commit_window,
            hot_tier_bytes: config.hot_tier,
            lifetime_max: Timeout::from_minutes(minutes).unwrap_or(Timeout::MAX),
            segment_bytes: config.journal.segment_bytes,
            queue_bytes: bytes(config.journal.queue_bytes),
            compress_from: config.journal.compress.then_some(bytes(config.journal.compress_threshold)),
            checkpoint_bytes: config.journal.checkpoint_bytes,
            compact_bytes_per_second: config.journal.compact_bytes_per_second,
            disk_bytes: config.limits.disk_bytes,
            salvage: config.salvage,
            backed: config.backing_store.is_some(),
            through: config
                .backing_store
                .as_ref()
                .is_some_and(|backing| backing.mode == BackingMode::WriteThrough),
        }
    }
}
