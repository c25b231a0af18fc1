//! Whether to try again, where and when: values in, a decision out. The three tries live here.

use std::io;
use std::time::Duration;

use crate::{Error, Settings, Side};

/// What one try came to, if not to an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No connection: nothing was sent.
    NotSent,
    /// Sent, and no answer that means anything.
    Unanswered,
    /// The node asks to be asked again.
    Held,
    /// Whoever is asked, the answer will be the same.
    Final,
}

/// One try that came to no answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Try {
    pub(crate) trouble: Trouble,
    /// It took all the time that a try may take.
    pub(crate) timed_out: bool,
    /// Doing it twice is as good as once.
    pub(crate) repeatable: bool,
    /// Which try on this node it was, from 1.
    pub(crate) on_node: u32,
    /// The node is passed over from now on, or was before.
    pub(crate) passed_over: bool,
    /// Until the deadline.
    pub(crate) left: Duration,
    /// Random bits.
    pub(crate) random: u32,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The same node once more, after a pause.
    Again(Duration),
    /// Another node, now.
    Elsewhere,
    /// Nothing.
    Stop,
}

pub(crate) fn trouble(error: &Error) -> Trouble {
    match error {
        Error::Connect { .. } => Trouble::NotSent,
        error if error.side() == Side::Caller => Trouble::Final,
        _ => Trouble::Unanswered,
    }
}

/// Whether the try took all the time that it had.
pub(crate) fn timed_out(error: &Error) -> bool {
    match error {
        Error::TimedOut(_) => true,
        Error::Connect { source, .. } | Error::Io(source) => source.kind() == io::ErrorKind::TimedOut,
        _ => false,
    }
}

/// A try that ended at once is repeated on the same node: perhaps it restarts. One that took all its time is not: three
/// of them would take three times as long to find the node that answers. Nor is one on a node that is passed over: it was
/// asked because nobody better is there, and others ask it as well. What was sent and may not be done twice is not
/// repeated at all, and nothing is begun that has no time left.
pub(crate) fn next(settings: &Settings, tried: Try) -> Next {
    let pause = pause(settings, tried.on_node, tried.random);
    match tried.trouble {
        Trouble::Final => Next::Stop,
        Trouble::Unanswered if !tried.repeatable => Next::Stop,
        _ if tried.left.is_zero() => Next::Stop,
        Trouble::Held if pause >= tried.left => Next::Stop,
        Trouble::Held => Next::Again(pause),
        Trouble::NotSent | Trouble::Unanswered => {
            let again = tried.on_node < settings.tries
                && !tried.timed_out
                && !tried.passed_over
                && pause < tried.left;
            if again { Next::Again(pause) } else { Next::Elsewhere }
        }
    }
}

/// The pause after try or round `nth`, from 1: twice as long each time up to the longest, half of it random, so that
/// those who failed together do not come back together.
pub(crate) fn pause(settings: &Settings, nth: u32, random: u32) -> Duration {
    let doublings = nth.saturating_sub(1).min(16);
    let whole = settings.pause.saturating_mul(1 << doublings).min(settings.pause_max);
    let share = f64::from(random) / f64::from(u32::MAX);
    whole.mul_f64(0.5 + share / 2.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::Next::{Again, Elsewhere, Stop};
    use super::Trouble::{Final, Held, NotSent, Unanswered};
    use super::{Next, Trouble, Try, next, pause};
    use crate::Settings;

    const SHORT: Duration = Duration::from_millis(1);
    const LONG: Duration = Duration::from_secs(9);

    /// With the longest pauses, 20 ms, 40 ms and so on to 500 ms.
    #[track_caller]
    fn check(
        trouble: Trouble,
        timed_out: bool,
        repeatable: bool,
        on_node: u32,
        left: Duration,
        expected: Next,
    ) {
        let tried =
            Try { trouble, timed_out, repeatable, on_node, passed_over: false, left, random: u32::MAX };
        assert_eq!(next(&Settings::default(), tried), expected, "{tried:?}");
    }

    fn millis(millis: u64) -> Next {
        Again(Duration::from_millis(millis))
    }

    #[test]
    fn three_tries_on_one_node_and_then_elsewhere() {
        for repeatable in [true, false] {
            check(NotSent, false, repeatable, 1, LONG, millis(20));
            check(NotSent, false, repeatable, 2, LONG, millis(40));
            check(NotSent, false, repeatable, 3, LONG, Elsewhere);
            check(NotSent, true, repeatable, 1, LONG, Elsewhere);
            check(NotSent, false, repeatable, 1, SHORT, Elsewhere);
            check(NotSent, false, repeatable, 1, Duration::ZERO, Stop);
        }
        check(Unanswered, false, true, 1, LONG, millis(20));
        check(Unanswered, false, true, 3, LONG, Elsewhere);
        check(Unanswered, true, true, 1, LONG, Elsewhere);
    }

    #[test]
    fn what_was_sent_is_repeated_only_if_that_does_no_harm() {
        check(Unanswered, false, false, 1, LONG, Stop);
        check(Unanswered, true, false, 1, LONG, Stop);
        check(Final, false, true, 1, LONG, Stop);
    }

    #[test]
    fn who_is_held_waits_where_it_is_for_as_long_as_there_is_time() {
        check(Held, false, false, 1, LONG, millis(20));
        check(Held, false, true, 40, LONG, millis(500));
        check(Held, false, true, 40, Duration::from_millis(500), Stop);
        check(Held, false, true, 1, SHORT, Stop);
    }

    proptest! {
        #[test]
        fn what_was_sent_and_may_not_be_repeated_is_not_repeated(
            timed_out: bool, on_node in 1..9_u32, passed_over: bool, left in 0..20_u64, random: u32
        ) {
            let left = Duration::from_secs(left);
            let tried =
                Try { trouble: Unanswered, timed_out, repeatable: false, on_node, passed_over, left, random };
            prop_assert_eq!(next(&Settings::default(), tried), Stop);
            let not_sent = next(&Settings::default(), Try { trouble: NotSent, ..tried });
            let of_one_passed_over = if left.is_zero() { Stop } else { Elsewhere };
            prop_assert!(!passed_over || not_sent == of_one_passed_over);
        }

        #[test]
        fn pauses_grow_to_a_bound_and_half_of_each_is_random(nth in 1..1000_u32, random: u32) {
            let settings = Settings::default();
            let (least, most) = (pause(&settings, nth, 0), pause(&settings, nth, u32::MAX));
            prop_assert_eq!(least * 2, most);
            prop_assert!((least..=most).contains(&pause(&settings, nth, random)));
            prop_assert!(most <= settings.pause_max && most <= pause(&settings, nth + 1, u32::MAX));
        }
    }
}
