//! Which cookies are handed out, and what a changed timeout does to them.

use super::{NOW, at, free, minutes, run, set};
use crate::{COOKIE_AFTER_WRAP, Command, CookieField, Entry, FIRST_COOKIE, Input, Outcome};

/// An acquire of a session with cookie `stored`, advancing by `cookie_step`, hands out `granted`.
#[track_caller]
fn check(stored: i32, cookie_step: i32, granted: i32) {
    let input = Input { cookie_step, ..at(NOW) };
    let (outcome, kept) = run(input, Some(Entry { cookie: stored, ..free() }), Command::Acquire);
    let Outcome::Acquired { cookie, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!((cookie, kept.unwrap().cookie), (granted, granted));
    assert_eq!(kept.unwrap().locked_since, Some(NOW));
}

#[test]
fn an_acquire_advances_the_cookie_and_wraps_to_two() {
    check(1, 1, 2);
    check(7, 1, 8);
    check(-1, 1, 0);
    check(i32::MAX - 1, 1, i32::MAX);
    check(i32::MAX, 1, COOKIE_AFTER_WRAP);
    check(7, 1_000, 1_007);
    check(i32::MAX - 10, 1_000, COOKIE_AFTER_WRAP);
}

/// The first lock of a session created with cookie `first` is `granted`.
#[track_caller]
fn check_first(first_cookie: i32, granted: i32) {
    let input = Input { first_cookie, ..at(NOW) };
    let (_, created) = run(input, None, set(minutes(20), CookieField::Value(99)));
    let (outcome, _) = run(at(NOW), created, Command::Acquire);
    assert_eq!(outcome, Outcome::Acquired { initialise: false, timeout: minutes(20), cookie: granted });
}

#[test]
fn the_first_lock_of_a_session_comes_after_its_first_cookie() {
    check_first(FIRST_COOKIE, 2);
    check_first(1_234_567, 1_234_568);
    check_first(i32::MAX, COOKIE_AFTER_WRAP);
}

#[test]
fn the_age_of_a_lock_is_counted_from_its_grant() {
    let (_, held) = run(at(NOW), Some(free()), Command::Acquire);
    for millis in [0, 1, 59_999] {
        let (outcome, kept) = run(at(NOW.plus_millis(millis)), held, Command::Get);
        assert_eq!(outcome, Outcome::Locked { cookie: 8, age_millis: millis });
        assert_eq!(kept.unwrap().locked_since, Some(NOW), "a refused reader does not move it");
    }
}

#[test]
fn a_thief_of_an_old_lock_shows_its_cookie_and_the_late_writer_is_refused_until_the_thief_is_done() {
    let late = CookieField::Value(8);
    let (_, held) = run(at(NOW), Some(free()), Command::Acquire);
    let (_, broken) = run(at(NOW), held, Command::Release { cookie: late });
    let (_, stolen) = run(at(NOW), broken, Command::Acquire);
    let (outcome, unharmed) = run(at(NOW), stolen, set(minutes(1), late));
    assert_eq!(outcome, Outcome::Locked { cookie: 9, age_millis: 0 });
    let (_, written) = run(at(NOW), unharmed, set(minutes(1), CookieField::Value(9)));
    let (outcome, _) = run(at(NOW), written, set(minutes(1), late));
    assert_eq!(outcome, Outcome::Stored);
}
