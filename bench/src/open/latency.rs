//! What is recorded of an open-loop run.

use std::{ops::Range, time::Duration};

use hdrhistogram::Histogram;

use super::visit::Step;

/// Latencies in microseconds with three significant digits, of the requests due within the window.
#[derive(Debug)]
pub(crate) struct Latency {
    window: Range<Duration>,
    /// Every request, from when it was due to its reply.
    pub(crate) all: Histogram<u64>,
    /// Those that opened a page on a cold session.
    pub(crate) cold: Histogram<u64>,
    /// From the first refusal of a lock to its grant: the application's wait, not the server's.
    pub(crate) lock_wait: Histogram<u64>,
    /// From when a request was due to when it was sent: the generator's own share, or a server that
    /// kept all connections busy.
    pub(crate) lag: Histogram<u64>,
}

impl Latency {
    /// Records what is due within `window`.
    pub(super) fn new(window: Range<Duration>) -> Self {
        let empty = || Histogram::new(3).expect("3 digits are within what the histogram offers");
        Self { window, all: empty(), cold: empty(), lock_wait: empty(), lag: empty() }
    }

    /// A request went out at `now`.
    pub(super) fn sent(&mut self, step: &Step, now: Duration) {
        if self.window.contains(&step.due) {
            record(&mut self.lag, now.saturating_sub(step.due));
        }
    }

    /// A request was answered at `now`.
    pub(super) fn answered(&mut self, step: &Step, now: Duration) {
        if self.window.contains(&step.due) {
            let taken = now.saturating_sub(step.due);
            record(&mut self.all, taken);
            if step.cold {
                record(&mut self.cold, taken);
            }
        }
    }

    /// A page got its lock after `time`.
    pub(super) fn waited(&mut self, time: Duration) {
        record(&mut self.lock_wait, time);
    }
}

/// The latency in milliseconds that a `share` (0 to 1) of the requests stayed at or below.
#[must_use]
pub(crate) fn quantile_millis(histogram: &Histogram<u64>, share: f64) -> f64 {
    histogram.value_at_quantile(share) as f64 / 1000.0
}

fn record(histogram: &mut Histogram<u64>, time: Duration) {
    let micros = u64::try_from(time.as_micros()).expect("runs last minutes");
    histogram.record(micros).expect("the histogram resizes itself");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_exact_to_three_digits() {
        let mut histogram = Histogram::new(3).unwrap();
        for millis in 1..=1000 {
            record(&mut histogram, Duration::from_millis(millis));
        }
        for (share, expected) in [(0.5, 500.0), (0.99, 990.0), (0.999, 999.0), (1.0, 1000.0)] {
            let found = quantile_millis(&histogram, share);
            assert!((found / expected - 1.0_f64).abs() < 0.001, "{share}: {found}");
        }
    }
}
