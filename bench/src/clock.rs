//! The one file of the generator that reads a clock.
#![expect(clippy::disallowed_methods, reason = "measuring time is what the generator is for")]

use std::time::{Duration, Instant};

/// Time since a run began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    /// A clock that reads zero now.
    #[must_use]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    #[must_use]
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
