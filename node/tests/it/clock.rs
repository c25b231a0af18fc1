//! A clock that stands still until a test moves it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cloakroom_node::clock::Clock;

/// .NET ticks of a moment in 2023; lock dates need 18 digits.
const START_TICKS: i64 = 638_350_000_000_000_000;

#[derive(Debug, Default)]
pub(crate) struct ManualClock {
    millis: AtomicU64,
}

impl ManualClock {
    pub(crate) fn advance(&self, by: Duration) {
        let millis = u64::try_from(by.as_millis()).expect("a test's lifetime");
        self.millis.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.millis.load(Ordering::SeqCst))
    }

    fn local_ticks(&self) -> i64 {
        START_TICKS + i64::try_from(self.millis.load(Ordering::SeqCst) * 10_000).expect("a test's lifetime")
    }
}
