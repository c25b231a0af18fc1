//! The only file that reads a clock. Everyone else is handed the time.
#![expect(clippy::disallowed_methods, reason = "this is the file that the ban sends people to")]

use std::fmt::Debug;
use std::time::{Duration, Instant};

use jiff::Zoned;
use rustix::time::{ClockId, clock_gettime};

/// .NET ticks (100 ns since the year 1) of 1970-01-01.
const UNIX_EPOCH_TICKS: i64 = 621_355_968_000_000_000;

/// Where time comes from.
pub trait Clock: Debug + Send + Sync {
    /// Time since the clock was made; never goes back and knows nothing of the wall clock.
    fn elapsed(&self) -> Duration;

    /// Time since any fixed moment that goes on while the machine is suspended, for what other machines
    /// measure as well.
    fn boottime(&self) -> Duration {
        self.elapsed()
    }

    /// The local time of day as .NET ticks, for lock dates only.
    fn local_ticks(&self) -> i64;
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock(Instant);

impl SystemClock {
    /// A clock that starts now.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a default value that differs each time would surprise")]
    pub fn new() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn boottime(&self) -> Duration {
        let now = clock_gettime(ClockId::Boottime);
        let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
        Duration::from_secs(seconds) + Duration::from_nanos(u64::try_from(now.tv_nsec).unwrap_or_default())
    }

    fn local_ticks(&self) -> i64 {
        let now = Zoned::now();
        let local = now.timestamp().as_nanosecond() / 100 + i128::from(now.offset().seconds()) * 10_000_000;
        i64::try_from(local).unwrap_or(i64::MAX - UNIX_EPOCH_TICKS) + UNIX_EPOCH_TICKS
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock as _, SystemClock};

    #[test]
    fn boot_time_began_before_this_process() {
        let clock = SystemClock::new();
        assert!(clock.boottime() > clock.elapsed());
    }
}
