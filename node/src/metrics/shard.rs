//! Counting from many threads without sharing a cache line.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder, NoLabelSet},
    metrics::MetricType,
};

/// How many copies of a hot value exist. More threads than this share copies, which costs time, not counts.
pub(super) const SHARDS: usize = 8;

/// The copy that the calling thread writes: threads take them in turn.
pub(super) fn of_this_thread() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static MINE: usize = NEXT.fetch_add(1, Relaxed) % SHARDS;
    }
    MINE.with(|shard| *shard)
}

/// A counter for what happens on every request. Clones count together.
#[derive(Clone, Default)]
pub struct HotCounter(Arc<[OwnLine; SHARDS]>);

// Two 64-byte lines: processors fetch them in pairs.
#[derive(Default)]
#[repr(align(128))]
struct OwnLine(AtomicU64);

impl HotCounter {
    /// Counts one.
    pub fn inc(&self) {
        self.inc_by(1);
    }

    /// Counts `amount`.
    pub fn inc_by(&self, amount: u64) {
        self.0[of_this_thread()].0.fetch_add(amount, Relaxed);
    }

    /// What all threads have counted.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.iter().map(|line| line.0.load(Relaxed)).sum()
    }
}

impl fmt::Debug for HotCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HotCounter").field(&self.get()).finish()
    }
}

impl EncodeMetric for HotCounter {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        encoder.encode_counter::<NoLabelSet, _, u64>(&self.get(), None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }
}
