//! Everything that is left to chance, from one seed.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rand::{RngExt as _, SeedableRng as _, rngs::Xoshiro256PlusPlus};

/// A stream of choices. Clones share it; each part of the world [forks](Chance::fork) its own, so that one
/// part's choices do not shift another's.
#[derive(Clone, Debug)]
pub struct Chance(Arc<Mutex<Xoshiro256PlusPlus>>);

impl Chance {
    /// All choices of the run with this seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Xoshiro256PlusPlus::seed_from_u64(seed))))
    }

    /// A stream that begins here and goes its own way.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self::of(self.any())
    }

    /// Any number.
    #[must_use]
    pub fn any(&self) -> u64 {
        self.0.lock().random()
    }

    /// From `low` to `high`, both included.
    #[must_use]
    pub fn between(&self, low: u64, high: u64) -> u64 {
        self.0.lock().random_range(low..=high)
    }

    /// From `low` to `high` milliseconds.
    #[must_use]
    pub fn millis(&self, low: u64, high: u64) -> Duration {
        Duration::from_millis(self.between(low, high))
    }

    /// True that often in a hundred.
    #[must_use]
    pub fn percent(&self, often: u64) -> bool {
        self.between(1, 100) <= often
    }

    /// One of `these`, which are not none.
    #[must_use]
    pub fn pick<T: Clone>(&self, these: &[T]) -> T {
        let at = self.0.lock().random_range(0..these.len());
        these[at].clone()
    }
}
