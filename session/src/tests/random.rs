//! Random histories of one session keep every invariant.

use proptest::prelude::*;

use super::{NOW, run};
use crate::{Command, CookieField, Entry, Input, Time, Timeout};

fn cookie() -> impl Strategy<Value = CookieField> {
    // Small numbers meet those that are handed out; the largest meets the wrap.
    let value = prop_oneof![8 => 0..12, 1 => Just(i32::MAX), 1 => Just(i32::MAX - 1)];
    prop_oneof![1 => Just(CookieField::Missing), 1 => Just(CookieField::Bad), 6 => value.prop_map(CookieField::Value)]
}

fn timeout() -> impl Strategy<Value = Timeout> {
    (0..4_u32).prop_map(super::minutes)
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        Just(Command::Get),
        Just(Command::Acquire),
        Just(Command::Touch),
        cookie().prop_map(|cookie| Command::Release { cookie }),
        cookie().prop_map(|cookie| Command::Remove { cookie }),
        (timeout(), any::<bool>(), cookie())
            .prop_map(|(timeout, uninitialised, cookie)| { Command::Set { timeout, uninitialised, cookie } }),
    ]
}

proptest! {
    #[test]
    fn invariants_hold_along_any_history(
        history in prop::collection::vec((command(), 0..150_000_u64, 1..3_i32, 1..9_i32), 1..60),
    ) {
        let mut now = NOW;
        let mut entry: Option<Entry> = None;
        for (command, millis, cookie_step, first_cookie) in history {
            now = now.plus_millis(millis);
            let input = Input { now, cookie_step, first_cookie, lifetime_max: super::minutes(30) };
            entry = run(input, entry, command).1;
        }
    }

    #[test]
    fn a_session_is_never_gone_before_its_timeout(last in 0..1_000_000_u64, early in 0..=60_000_u64) {
        let stored = run(super::at(Time::from_millis(last)), None, super::set(super::minutes(1), CookieField::Missing)).1;
        prop_assert!(!stored.unwrap().expired(Time::from_millis(last + early)));
        prop_assert!(stored.unwrap().expired(Time::from_millis(last + 60_000 + 1 + early)));
    }
}
