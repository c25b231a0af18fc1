//! A counter for each value of one closed label.

use std::{
    fmt,
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder, NoLabelSet},
    metrics::MetricType,
};

use super::words::Word;

/// One count for each word of `W`, all exported from the start: a rate over a series that appears with
/// its first event misses that event. Clones count together.
pub struct CounterBy<W> {
    counts: Arc<[AtomicU64]>,
    word: PhantomData<fn(W)>,
}

impl<W: Word> CounterBy<W> {
    /// Counts one.
    pub fn inc(&self, word: W) {
        self.inc_by(word, 1);
    }

    /// Counts `amount`.
    pub fn inc_by(&self, word: W, amount: u64) {
        self.counts[word.index()].fetch_add(amount, Relaxed);
    }

    /// What has been counted under `word`.
    #[must_use]
    pub fn get(&self, word: W) -> u64 {
        self.counts[word.index()].load(Relaxed)
    }
}

impl<W: Word> Default for CounterBy<W> {
    fn default() -> Self {
        Self { counts: W::WORDS.iter().map(|_| AtomicU64::default()).collect(), word: PhantomData }
    }
}

impl<W> Clone for CounterBy<W> {
    fn clone(&self) -> Self {
        Self { counts: Arc::clone(&self.counts), word: PhantomData }
    }
}

impl<W: Word> fmt::Debug for CounterBy<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(W::WORDS.iter().zip(self.counts.iter())).finish()
    }
}

impl<W: Word> EncodeMetric for CounterBy<W> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        for (word, count) in W::WORDS.iter().zip(self.counts.iter()) {
            encoder
                .encode_family(&[(W::LABEL, *word)])?
                .encode_counter::<NoLabelSet, _, u64>(&count.load(Relaxed), None)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }
}
