//! What the store knows best itself, asked for when somebody looks.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::gauge::ConstGauge,
};

use super::catalogue;

/// The store's state at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreGauges {
    /// Live sessions.
    pub sessions_active: u64,
    /// Bytes of sessions in the hot tier.
    pub hot_tier_bytes: u64,
    /// Sessions in the hot tier.
    pub hot_tier_entries: u64,
    /// Records waiting for the committer.
    pub journal_queue_records: u64,
    /// Bytes waiting for the committer.
    pub journal_queue_bytes: u64,
    /// Bytes of records that are still the latest of a live session.
    pub journal_live_bytes: u64,
    /// Bytes of records that compaction can drop.
    pub journal_dead_bytes: u64,
    /// Segment files.
    pub journal_segments: u64,
    /// Removed sessions that are remembered so that a late write cannot bring them back.
    pub tombstones: u64,
    /// Bytes of the index in memory.
    pub index_bytes: u64,
    /// Whether new sessions are refused because the disk is full.
    pub disk_full: bool,
}

/// Something that can tell [`StoreGauges`] quickly and without waiting.
pub trait Scrape: Send + Sync {
    /// The state now.
    fn scrape(&self) -> StoreGauges;
}

/// Exports the gauges of the store, and nothing before there is one.
#[derive(Clone, Default)]
pub(super) struct StoreCollector(Arc<OnceLock<Arc<dyn Scrape>>>);

impl StoreCollector {
    /// Asks `store` from now on. A node has one store, so the first one named stays.
    pub(super) fn watch(&self, store: Arc<dyn Scrape>) {
        self.0.get_or_init(|| store);
    }

    /// Live sessions; none before there is a store.
    pub(super) fn live_sessions(&self) -> Option<u64> {
        self.0.get().map(|store| store.scrape().sessions_active)
    }

    /// Bytes of live sessions on disk; none before there is a store.
    pub(super) fn live_bytes(&self) -> Option<u64> {
        self.0.get().map(|store| store.scrape().journal_live_bytes)
    }
}

impl fmt::Debug for StoreCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreCollector").finish_non_exhaustive()
    }
}

impl Collector for StoreCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(store) = self.0.get() else {
            return Ok(());
        };
        let now = store.scrape();
        for (name, value) in [
            ("sessions_active", now.sessions_active),
            ("hot_tier", now.hot_tier_bytes),
            ("hot_tier_entries", now.hot_tier_entries),
            ("journal_queue_records", now.journal_queue_records),
            ("journal_queue", now.journal_queue_bytes),
            ("journal_live", now.journal_live_bytes),
            ("journal_dead", now.journal_dead_bytes),
            ("journal_segments", now.journal_segments),
            ("tombstones", now.tombstones),
            ("index", now.index_bytes),
            ("disk_full", u64::from(now.disk_full)),
        ] {
            let entry = catalogue::entry(name);
            let gauge = ConstGauge::new(value);
            let unit = entry.unit();
            // The registry ends the help of its own metrics with a full stop.
            let help = format!("{}.", entry.meaning);
            let encoder = encoder.encode_descriptor(name, &help, unit.as_ref(), gauge.metric_type())?;
            gauge.encode(encoder)?;
        }
        Ok(())
    }
}
