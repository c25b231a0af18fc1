//! Whether somebody is worth asking, by what came of asking before.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cloakroom_location::{Breaker, Patience};
use parking_lot::Mutex;

use crate::{Error, Side};

/// What a try says of the one who was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// It is there and does its work.
    Well,
    /// It is not there, or does not do its work.
    Ill,
    /// Neither.
    Nothing,
}

/// What came of a try, as evidence about the node.
///
/// A node that closes without an answer is alive: it could not tell the truth, perhaps about another node. One that is
/// killed closes too, and is found out by the next try, which cannot connect.
pub(crate) fn evidence(error: Option<&Error>) -> Evidence {
    match error {
        None | Some(Error::BadRequest) => Evidence::Well,
        Some(Error::Closed) => Evidence::Nothing,
        Some(error) if error.side() == Side::Caller => Evidence::Nothing,
        Some(_) => Evidence::Ill,
    }
}

/// A [`Breaker`] that costs one load of a flag as long as nothing fails.
#[derive(Debug)]
pub(crate) struct Health {
    /// A failure was seen since the last answer. Changed only under the lock.
    ailing: AtomicBool,
    breaker: Mutex<Breaker>,
}

impl Health {
    pub(crate) fn new(patience: Patience, now: Duration) -> Self {
        Self { ailing: AtomicBool::new(false), breaker: Mutex::new(Breaker::new(patience, now)) }
    }

    /// Whether nothing speaks against asking.
    pub(crate) fn is_well(&self) -> bool {
        !self.ailing.load(Ordering::Relaxed)
    }

    /// Whether to ask now. Of one that is passed over: true for one request at a time, now and then.
    pub(crate) fn may_ask(&self, now: Duration) -> bool {
        self.is_well() || self.breaker.lock().may_ask(now)
    }

    /// Whether it is passed over.
    pub(crate) fn is_passed_over(&self) -> bool {
        !self.is_well() && self.breaker.lock().is_open()
    }

    /// Takes note. Returns whether it is passed over from now on, if that has changed.
    pub(crate) fn note(&self, evidence: Evidence, now: Duration) -> Option<bool> {
        match evidence {
            Evidence::Nothing => None,
            Evidence::Well if self.is_well() => None,
            Evidence::Well => {
                let mut breaker = self.breaker.lock();
                self.ailing.store(false, Ordering::Relaxed);
                breaker.succeeded(now).then_some(false)
            }
            Evidence::Ill => {
                let mut breaker = self.breaker.lock();
                self.ailing.store(true, Ordering::Relaxed);
                breaker.failed(now).then_some(true)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::Duration;

    use cloakroom_location::{Breaker, Patience};
    use cloakroom_protocol::aspnet::Fault;
    use proptest::prelude::*;

    use super::Evidence::{Ill, Nothing, Well};
    use super::{Health, evidence};
    use crate::Error;

    #[test]
    fn only_what_the_node_did_speaks_against_it() {
        let reset = || io::Error::from(io::ErrorKind::ConnectionReset);
        for (error, expected) in [
            (None, Well),
            (Some(Error::BadRequest), Well),
            (Some(Error::Closed), Nothing),
            (Some(Error::EmptyBody), Nothing),
            (Some(Error::Interrupted), Nothing),
            (Some(Error::Connect { server: String::new(), source: reset() }), Ill),
            (Some(Error::Io(reset())), Ill),
            (Some(Error::TimedOut(Duration::ZERO)), Ill),
            (Some(Error::Answer(Fault::BodyTooLong)), Ill),
            (Some(Error::Status(503)), Ill),
        ] {
            assert_eq!(evidence(error.as_ref()), expected, "{error:?}");
        }
    }

    #[test]
    fn three_failures_in_a_row_and_one_answer() {
        let at = Duration::from_secs;
        let health = Health::new(Patience { failures: 3, rest: at(10) }, at(0));
        assert_eq!(
            [Ill, Ill, Well, Ill, Nothing, Ill].map(|evidence| health.note(evidence, at(1))),
            [None; 6]
        );
        assert!(!health.is_well() && health.may_ask(at(1)) && !health.is_passed_over());
        assert_eq!(health.note(Ill, at(1)), Some(true));
        assert!(!health.may_ask(at(2)) && health.is_passed_over());
        assert!(health.may_ask(at(11)) && !health.may_ask(at(11)));
        assert_eq!(health.note(Well, at(12)), Some(false));
        assert!(health.is_well() && health.may_ask(at(12)) && !health.is_passed_over());
    }

    proptest! {
        #[test]
        fn it_says_what_its_breaker_says(steps in proptest::collection::vec((0..3_u8, 0..2000_u64), 0..40)) {
            let patience = Patience { failures: 3, rest: Duration::from_secs(1) };
            let (mut now, mut breaker) = (Duration::ZERO, Breaker::new(patience, Duration::ZERO));
            let health = Health::new(patience, now);
            for (what, pause) in steps {
                now += Duration::from_millis(pause);
                match what {
                    0 => prop_assert_eq!(health.note(Well, now), breaker.succeeded(now).then_some(false)),
                    1 => prop_assert_eq!(health.note(Ill, now), breaker.failed(now).then_some(true)),
                    _ => prop_assert_eq!(health.may_ask(now), breaker.may_ask(now)),
                }
                prop_assert_eq!(health.is_passed_over(), breaker.is_open());
            }
        }
    }
}
