//! A counter for each pair of values of two closed labels.

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

/// One count for each pair of words, all exported from the start. Clones count together.
pub struct CounterByTwo<V, W> {
    counts: Arc<[AtomicU64]>,
    words: PhantomData<fn(V, W)>,
}

impl<V: Word, W: Word> CounterByTwo<V, W> {
    /// Counts one.
    pub fn inc(&self, first: V, second: W) {
        self.count(first, second).fetch_add(1, Relaxed);
    }

    /// What has been counted under both words.
    #[must_use]
    pub fn get(&self, first: V, second: W) -> u64 {
        self.count(first, second).load(Relaxed)
    }

    fn count(&self, first: V, second: W) -> &AtomicU64 {
        &self.counts[first.index() * W::WORDS.len() + second.index()]
    }
}

impl<V: Word, W: Word> Default for CounterByTwo<V, W> {
    fn default() -> Self {
        let counts = (0..V::WORDS.len() * W::WORDS.len()).map(|_| AtomicU64::default()).collect();
        Self { counts, words: PhantomData }
    }
}

impl<V, W> Clone for CounterByTwo<V, W> {
    fn clone(&self) -> Self {
        Self { counts: Arc::clone(&self.counts), words: PhantomData }
    }
}

impl<V: Word, W: Word> fmt::Debug for CounterByTwo<V, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = V::WORDS.iter().flat_map(|first| W::WORDS.iter().map(move |second| (first, second)));
        f.debug_map().entries(words.zip(self.counts.iter())).finish()
    }
}

impl<V: Word, W: Word> EncodeMetric for CounterByTwo<V, W> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let words = V::WORDS.iter().flat_map(|first| W::WORDS.iter().map(move |second| (first, second)));
        for ((first, second), count) in words.zip(self.counts.iter()) {
            encoder
                .encode_family(&[(V::LABEL, *first), (W::LABEL, *second)])?
                .encode_counter::<NoLabelSet, _, u64>(&count.load(Relaxed), None)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }
}
