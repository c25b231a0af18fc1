//! When somebody who does not answer is asked no more, and when again.
//!
//! A circuit breaker (Nygard, *Release It!*): closed while answers come; opened by several failures in
//! a row, so that nobody waits for what will not come; after a while one question is let through, and
//! its answer closes it.

use std::time::Duration;

/// How much is borne.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Failures in a row that open the breaker; 0 counts as 1.
    pub failures: u32,
    /// How long an open breaker lets nobody ask, from the last question on.
    pub rest: Duration,
}

/// The state of one who is asked. Moments are those of any clock that does not go back.
#[derive(Clone, Debug)]
pub struct Breaker {
    patience: Patience,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed { since: Duration, failures: u32 },
    Open { asked: Duration },
}

impl Breaker {
    /// Closed, at the moment `now`.
    #[must_use]
    pub const fn new(patience: Patience, now: Duration) -> Self {
        Self { patience, state: State::Closed { since: now, failures: 0 } }
    }

    /// Whether a question may be asked now. An open breaker says yes to one in each `rest`.
    pub fn may_ask(&mut self, now: Duration) -> bool {
        match &mut self.state {
            State::Closed { .. } => true,
            State::Open { asked } if now.saturating_sub(*asked) >= self.patience.rest => {
                *asked = now;
                true
            }
            State::Open { .. } => false,
        }
    }

    /// A question was answered. Returns whether that closed the breaker.
    pub fn succeeded(&mut self, now: Duration) -> bool {
        match &mut self.state {
            State::Closed { failures, .. } => {
                *failures = 0;
                false
            }
            State::Open { .. } => {
                self.state = State::Closed { since: now, failures: 0 };
                true
            }
        }
    }

    /// A question was not answered. Returns whether that opened the breaker.
    pub fn failed(&mut self, now: Duration) -> bool {
        match &mut self.state {
            State::Closed { failures, .. } => {
                *failures = failures.saturating_add(1);
                let opens = *failures >= self.patience.failures;
                if opens {
                    self.state = State::Open { asked: now };
                }
                opens
            }
            State::Open { asked } => {
                *asked = now;
                false
            }
        }
    }

    /// Whether it takes whom it stands for to be lost.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// For how long it has been closed; `None` while it is open.
    #[must_use]
    pub fn closed_for(&self, now: Duration) -> Option<Duration> {
        match self.state {
            State::Closed { since, .. } => Some(now.saturating_sub(since)),
            State::Open { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Breaker, Patience};

    fn at(second: u64) -> Duration {
        Duration::from_secs(second)
    }

    fn breaker() -> Breaker {
        Breaker::new(Patience { failures: 3, rest: at(10) }, at(0))
    }

    #[test]
    fn only_failures_in_a_row_open_it() {
        let mut breaker = breaker();
        assert!(!breaker.failed(at(1)) && !breaker.failed(at(2)));
        assert!(!breaker.succeeded(at(3)));
        assert!(!breaker.failed(at(4)) && !breaker.failed(at(5)));
        assert!(breaker.may_ask(at(5)) && !breaker.is_open());
        assert_eq!(breaker.closed_for(at(6)), Some(at(6)));
        assert!(breaker.failed(at(6)) && breaker.is_open());
        assert_eq!(breaker.closed_for(at(6)), None);
    }

    #[test]
    fn an_open_one_lets_one_through_in_each_rest() {
        let mut breaker = breaker();
        for second in 1..=3 {
            breaker.failed(at(second));
        }
        assert!(!breaker.may_ask(at(12)));
        assert!(breaker.may_ask(at(13)) && !breaker.may_ask(at(13)));
        assert!(!breaker.failed(at(15)), "it was open");
        assert!(!breaker.may_ask(at(24)) && breaker.may_ask(at(25)));
        assert!(breaker.succeeded(at(26)) && !breaker.is_open());
        assert_eq!(breaker.closed_for(at(30)), Some(at(4)));
        assert!(!breaker.failed(at(31)), "it counts anew");
    }

    #[test]
    fn no_patience_is_one_failure() {
        let mut breaker = Breaker::new(Patience { failures: 0, rest: at(1) }, at(0));
        assert!(breaker.failed(at(0)));
    }
}
