//! Virtual time: it passes only when nobody has anything else to do.
#![expect(
    clippy::disallowed_methods,
    reason = "the simulation's clock and its only sleep; neither waits for real"
)]

use std::time::Duration;

use cloakroom_node::clock::Clock;
use tokio::time::Instant;

/// When this simulated world began.
#[derive(Clone, Copy, Debug)]
pub struct Time(Instant);

impl Time {
    /// Now, inside a runtime whose time is paused.
    #[must_use]
    pub fn begin() -> Self {
        Self(Instant::now())
    }

    /// Since then.
    #[must_use]
    pub fn now(self) -> Duration {
        self.0.elapsed()
    }
}

/// Lets that much time pass for this task.
pub async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

/// One process's clock: since its start, at a rate of its own.
#[derive(Debug)]
pub struct NodeClock {
    started: Instant,
    per_thousand: u32,
}

impl NodeClock {
    /// A clock that starts now and shows so many milliseconds for each second.
    #[must_use]
    pub fn new(per_thousand: u32) -> Self {
        Self { started: Instant::now(), per_thousand }
    }
}

impl Clock for NodeClock {
    fn elapsed(&self) -> Duration {
        self.started.elapsed() * self.per_thousand / 1000
    }

    fn local_ticks(&self) -> i64 {
        0
    }
}
