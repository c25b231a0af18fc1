//! How many tries beyond the first a client may make: so that one which is failed by everybody does not multiply the
//! load that made them fail.
//!
//! A token bucket. Requests and time pay in, a try takes out; what is saved up is bounded.

use std::time::Duration;

/// Parts of a token: a request may pay in a hundredth of one.
const TOKEN: u64 = 100;

/// Tokens for tries.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    percent: u32,
    reserve: u32,
    /// In parts of a token.
    saved: u64,
    paid: Duration,
}

impl Budget {
    /// A full one: `percent` of requests and a tenth of `reserve` every second, at most `reserve` saved.
    pub(crate) fn new(percent: u32, reserve: u32, now: Duration) -> Self {
        Self { percent, reserve, saved: u64::from(reserve) * TOKEN, paid: now }
    }

    /// A request begins.
    pub(crate) fn request(&mut self) {
        self.pay(u64::from(self.percent));
    }

    /// Takes a token out, if there is one.
    pub(crate) fn retry(&mut self, now: Duration) -> bool {
        let millis = u64::try_from(now.saturating_sub(self.paid).as_millis()).unwrap_or(u64::MAX);
        // What is too little to be paid yet is left for the next time.
        let parts = (millis.saturating_mul(u64::from(self.reserve)) / 10).saturating_mul(TOKEN) / 1000;
        if parts > 0 {
            self.paid = now;
            self.pay(parts);
        }
        let rest = self.saved.checked_sub(TOKEN);
        self.saved = rest.unwrap_or(self.saved);
        rest.is_some()
    }

    fn pay(&mut self, parts: u64) {
        self.saved = self.saved.saturating_add(parts).min(u64::from(self.reserve) * TOKEN);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::Budget;

    fn granted(budget: &mut Budget, now: Duration) -> usize {
        (0..10_000).take_while(|_| budget.retry(now)).count()
    }

    #[test]
    fn what_is_saved_is_granted_and_then_what_requests_and_time_pay() {
        let now = Duration::from_secs(100);
        let mut budget = Budget::new(10, 50, now);
        assert_eq!(granted(&mut budget, now), 50);
        (0..99).for_each(|_| budget.request());
        assert_eq!(granted(&mut budget, now), 9);
        budget.request();
        assert_eq!(granted(&mut budget, now), 1);
        assert_eq!(granted(&mut budget, now + Duration::from_millis(900)), 4);
        assert_eq!(granted(&mut budget, now + Duration::from_secs(3600)), 50);
        assert_eq!(granted(&mut budget, now), 0, "a clock that went back pays nothing");
    }

    proptest! {
        #[test]
        fn never_more_than_the_reserve_and_what_was_paid(
            percent in 0..=100_u32, reserve in 0..1000_u32, steps in proptest::collection::vec((0..50_u32, 0..5000_u64), 1..40)
        ) {
            let mut budget = Budget::new(percent, reserve, Duration::ZERO);
            let (mut now, mut requests, mut tries) = (Duration::ZERO, 0, 0);
            for (more, pause) in steps {
                (0..more).for_each(|_| budget.request());
                now += Duration::from_millis(pause);
                requests += more;
                tries += granted(&mut budget, now);
            }
            let paid = f64::from(reserve) * (1.0 + now.as_secs_f64() / 10.0) + f64::from(requests * percent) / 100.0;
            prop_assert!(tries as f64 <= paid + 1e-6, "{tries} of {paid}");
        }
    }
}
