//! How long requests take, by operation, tier reached and outcome.
//!
//! Every request passes here, so recording is two relaxed additions into an array of the thread's own:
//! no lock, no map, no label text.

use std::{
    array, fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder, NoLabelSet},
    metrics::MetricType,
};

use super::{
    shard::{self, SHARDS},
    words::{Operation, Outcome, Tier, Word},
};

/// Upper bounds of the buckets, in microseconds. From a hit in memory to a disk that hardly answers.
const BOUNDS_MICROS: [u64; 14] =
    [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 2_500_000];
const BUCKETS: usize = BOUNDS_MICROS.len() + 1;
const TIERS: usize = Tier::WORDS.len();
const OUTCOMES: usize = Outcome::WORDS.len();
const COMBINATIONS: usize = Operation::WORDS.len() * TIERS * OUTCOMES;

/// A histogram for each combination of [`Operation`], [`Tier`] and [`Outcome`]; exported are those that
/// occurred. Clones record together.
#[derive(Clone)]
pub struct Requests(Arc<[Box<[Cell]>; SHARDS]>);

/// One combination as one thread saw it.
#[derive(Default)]
#[repr(align(128))]
struct Cell {
    buckets: [AtomicU64; BUCKETS],
    nanos: AtomicU64,
}

impl Requests {
    /// Records one answered request. The time is from its last byte read to its answer encoded.
    pub fn record(&self, operation: Operation, tier: Tier, outcome: Outcome, elapsed: Duration) {
        let combination = (operation.index() * TIERS + tier.index()) * OUTCOMES + outcome.index();
        let cell = &self.0[shard::of_this_thread()][combination];
        // A bound belongs to its bucket (`le`), and part of a microsecond beyond it does not.
        let bucket = BOUNDS_MICROS.partition_point(|bound| Duration::from_micros(*bound) < elapsed);
        cell.buckets[bucket].fetch_add(1, Relaxed);
        cell.nanos.fetch_add(u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }

    /// All threads' counts per bucket and the total seconds of one combination.
    fn sum(&self, combination: usize) -> ([u64; BUCKETS], f64) {
        let cells = || self.0.iter().map(|shard| &shard[combination]);
        let counts = array::from_fn(|bucket| cells().map(|cell| cell.buckets[bucket].load(Relaxed)).sum());
        let nanos = cells().map(|cell| cell.nanos.load(Relaxed)).sum();
        (counts, Duration::from_nanos(nanos).as_secs_f64())
    }
}

impl Default for Requests {
    fn default() -> Self {
        let shard = |_| (0..COMBINATIONS).map(|_| Cell::default()).collect();
        Self(Arc::new(array::from_fn(shard)))
    }
}

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests").finish_non_exhaustive()
    }
}

impl EncodeMetric for Requests {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let bounds = BOUNDS_MICROS.map(|micros| Duration::from_micros(micros).as_secs_f64());
        for combination in 0..COMBINATIONS {
            let (counts, seconds) = self.sum(combination);
            let count = counts.iter().sum();
            if count == 0 {
                continue;
            }
            let labels = [
                (Operation::LABEL, Operation::WORDS[combination / OUTCOMES / TIERS]),
                (Tier::LABEL, Tier::WORDS[combination / OUTCOMES % TIERS]),
                (Outcome::LABEL, Outcome::WORDS[combination % OUTCOMES]),
            ];
            let buckets: Vec<_> = bounds.into_iter().chain([f64::INFINITY]).zip(counts).collect();
            encoder.encode_family(&labels)?.encode_histogram::<NoLabelSet>(seconds, count, &buckets, None)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}
