//! The hot tier: the bodies of active sessions, by bytes, in quick_cache.
//!
//! Every body in it is on disk or on its way there, so eviction is a drop. It is no authority: the
//! index says what exists and which body is current, and only code that holds the session's shard
//! puts bodies in or takes them out.

use std::hash::BuildHasherDefault;
use std::sync::Arc;

use quick_cache::sync::Cache;
use quick_cache::{Lifecycle, OptionsBuilder, Weighter};

use super::shard::Hashed;
use super::stored::Stored;
use crate::metrics::Metrics;

/// What quick_cache itself spends on an entry.
const ENTRY_BYTES: u64 = 40;
/// Bodies of this size must find a shard that takes them.
const SHARD_BYTES: u64 = 32 << 20;
const SHARDS_MAX: u64 = 64;
/// Sessions are counted at this size to reserve the cache's own table.
const EXPECTED_BODY_BYTES: u64 = 4096;

#[derive(Clone, Debug)]
struct Bytes;

impl Weighter<u64, Stored> for Bytes {
    fn weight(&self, _: &u64, content: &Stored) -> u64 {
        content.allocated_bytes() as u64 + ENTRY_BYTES
    }
}

/// Counts what had to leave.
#[derive(Clone, Debug)]
struct Departures(Arc<Metrics>);

impl Lifecycle<u64, Stored> for Departures {
    type RequestState = Option<Stored>;

    fn on_evict(&self, last: &mut Self::RequestState, _: u64, content: Stored) {
        self.0.hot_tier_evicted.inc();
        // Freed when the request is over, outside the cache's lock.
        *last = Some(content);
    }
}

/// The hot tier.
#[derive(Debug)]
pub(crate) struct Hot {
    cache: Cache<u64, Stored, Bytes, BuildHasherDefault<Hashed>, Departures>,
    metrics: Arc<Metrics>,
}

impl Hot {
    /// A tier of `bytes`.
    pub(crate) fn new(bytes: u64, metrics: Arc<Metrics>) -> Self {
        let shards = (bytes / SHARD_BYTES).clamp(1, SHARDS_MAX).next_power_of_two();
        let options = OptionsBuilder::new()
            .shards(usize::try_from(shards).expect("at most 64"))
            .estimated_items_capacity(
                usize::try_from(bytes / EXPECTED_BODY_BYTES).unwrap_or(usize::MAX).max(64),
            )
            .weight_capacity(bytes)
            .build()
            .expect("all options are set");
        let departures = Departures(Arc::clone(&metrics));
        let cache = Cache::with_options(options, Bytes, BuildHasherDefault::default(), departures);
        Self { cache, metrics }
    }

    pub(crate) fn get(&self, hash: u64) -> Option<Stored> {
        self.cache.get(&hash)
    }

    /// Whether the body is here; no access as admission counts them.
    pub(crate) fn contains(&self, hash: u64) -> bool {
        self.cache.contains_key(&hash)
    }

    /// The body, without the access that [`Hot::get`] is.
    pub(crate) fn peek(&self, hash: u64) -> Option<Stored> {
        self.cache.peek(&hash)
    }

    pub(crate) fn insert(&self, hash: u64, content: Stored) {
        // quick_cache refuses what is heavier than 97 % of a shard; such bodies are served from disk.
        if Bytes.weight(&hash, &content) > self.cache.shard_capacity() * 97 / 100 {
            self.metrics.hot_tier_oversized.inc();
            self.cache.remove(&hash);
            return;
        }
        self.cache.insert(hash, content);
    }

    pub(crate) fn remove(&self, hash: u64) {
        self.cache.remove(&hash);
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> u64 {
        self.cache.weight()
    }

    /// Bodies held.
    pub(crate) fn entries(&self) -> usize {
        self.cache.len()
    }
}
