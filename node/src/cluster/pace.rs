//! How fast something may go in the background.

use std::time::Duration;

/// Spreads bytes over time.
#[derive(Debug)]
pub(super) struct Pace {
    bytes_per_second: u64,
    /// When what was sent so far would have been sent at that rate.
    due: Duration,
}

impl Pace {
    pub(super) fn new(bytes_per_second: u64) -> Self {
        Self { bytes_per_second: bytes_per_second.max(1), due: Duration::ZERO }
    }

    /// How long to wait at `now` after `bytes` more. Time that was not used is not made up for.
    pub(super) fn after(&mut self, bytes: usize, now: Duration) -> Duration {
        let nanos = bytes as u128 * 1_000_000_000 / u128::from(self.bytes_per_second);
        let takes = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        self.due = self.due.max(now) + takes;
        self.due.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_kept_and_idle_time_is_no_credit() {
        let mut pace = Pace::new(1000);
        let at = Duration::from_secs;
        assert_eq!(pace.after(500, at(0)), Duration::from_millis(500));
        assert_eq!(pace.after(500, at(0)), at(1));
        assert_eq!(pace.after(1000, at(1)), at(1));
        assert_eq!(pace.after(1000, at(60)), at(1));
    }
}
