//! When a session is gone, and what keeps it.

use super::{MINUTE, NOW, at, free, minutes, run, set};
use crate::{Change, Command, CookieField, Effect, Entry, Outcome, step};

#[test]
fn a_session_is_gone_only_after_its_deadline() {
    for (millis, outcome, timed_out) in [
        (MINUTE - 1, Outcome::Touched, false),
        (MINUTE, Outcome::Touched, false),
        (MINUTE + 1, Outcome::Absent, true),
    ] {
        let done = step(at(NOW.plus_millis(millis)), Some(free()), Command::Touch);
        assert_eq!((done.outcome, done.timed_out), (outcome, timed_out), "{millis} ms after the last access");
    }
}

#[test]
fn nothing_stored_is_not_timed_out() {
    assert!(!step(at(NOW), None, Command::Get).timed_out);
}

#[test]
fn a_lock_does_not_keep_a_session() {
    let held = Entry { locked_since: Some(NOW), ..free() };
    let done =
        step(at(NOW.plus_millis(MINUTE + 1)), Some(held), Command::Release { cookie: CookieField::Value(7) });
    assert_eq!((done.outcome, done.effect, done.timed_out), (Outcome::Absent, Effect::None, true));
}

#[test]
fn an_expired_session_is_created_anew() {
    let old = Entry { locked_since: Some(NOW), ..free() };
    let later = NOW.plus_millis(MINUTE + 1);
    let done = step(at(later), Some(old), set(minutes(5), CookieField::Missing));
    let fresh = Entry { timeout: minutes(5), cookie: 1, deadline: later.plus_millis(5 * MINUTE), ..free() };
    assert_eq!((done.outcome, done.effect, done.timed_out), (Outcome::Stored, Effect::Put(fresh), true));
}

/// `command` half a minute after the last access leaves `minutes_left` from then.
#[track_caller]
fn check_renewed(entry: Entry, command: Command, minutes_left: u64) {
    let later = NOW.plus_millis(MINUTE / 2);
    let (outcome, kept) = run(at(later), Some(entry), command);
    assert_eq!(kept.unwrap().deadline, later.plus_millis(minutes_left * MINUTE), "{command:?}: {outcome:?}");
}

#[test]
fn every_request_that_finds_a_session_renews_it() {
    let held = Entry { locked_since: Some(NOW), ..free() };
    for entry in [free(), held] {
        for cookie in [CookieField::Missing, CookieField::Bad, CookieField::Value(3), CookieField::Value(7)] {
            check_renewed(entry, Command::Release { cookie }, 1);
            check_renewed(entry, set(minutes(1), cookie), 1);
        }
        for command in [Command::Get, Command::Acquire, Command::Touch] {
            check_renewed(entry, command, 1);
        }
        check_renewed(entry, Command::Remove { cookie: CookieField::Bad }, 1);
    }
    check_renewed(held, Command::Remove { cookie: CookieField::Missing }, 1);
    check_renewed(held, Command::Remove { cookie: CookieField::Value(3) }, 1);
}

#[test]
fn a_changed_timeout_applies_at_once_and_only_if_it_was_stored() {
    let held = Entry { locked_since: Some(NOW), ..free() };
    check_renewed(free(), set(minutes(9), CookieField::Missing), 9);
    check_renewed(held, set(minutes(9), CookieField::Value(7)), 9);
    check_renewed(held, set(minutes(9), CookieField::Value(3)), 1);
    check_renewed(free(), set(minutes(9), CookieField::Bad), 1);
    let ignored = Command::Set { timeout: minutes(9), uninitialised: true, cookie: CookieField::Missing };
    check_renewed(free(), ignored, 1);
}

#[test]
fn a_timeout_of_zero_gets_the_longest_lifetime_and_stays_zero() {
    let (_, created) = run(at(NOW), None, set(minutes(0), CookieField::Missing));
    let created = created.unwrap();
    assert_eq!((created.timeout, created.deadline), (minutes(0), NOW.plus_millis(30 * MINUTE)));
    let (outcome, _) = run(at(NOW), Some(created), Command::Get);
    assert_eq!(outcome, Outcome::Found { initialise: false, timeout: minutes(0) });
    check_renewed(created, Command::Touch, 30);
}

#[test]
fn a_renewal_alone_need_not_be_durable() {
    let done = step(at(NOW), Some(free()), Command::Get);
    assert!(matches!(done.effect, Effect::Touch(_, Change::Renewed)), "{done:?}");
}
