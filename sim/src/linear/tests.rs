//! Histories by hand, and whether they can have happened.

use super::{Verdict, check};
use crate::history::{Action, Event, Operation, Seen};

const GET: Action = Action::Get;
const ACQUIRE: Action = Action::Acquire;

fn asked(begun: u64, ended: u64, action: Action, seen: Seen) -> Operation {
    Operation { begun, ended: Some(ended), event: Event::Asked(action, seen) }
}

fn befell(begun: u64, ended: Option<u64>, event: Event) -> Operation {
    Operation { begun, ended, event }
}

fn set(value: u64, cookie: i32) -> Action {
    Action::Set { value, cookie }
}

fn acquired(value: u64, cookie: i32) -> Seen {
    Seen::Acquired { value, cookie }
}

/// One thing after another.
fn in_turn(steps: &[(Action, Seen)]) -> Vec<Operation> {
    (0..).zip(steps).map(|(at, &(action, seen))| asked(2 * at, 2 * at + 1, action, seen)).collect()
}

#[track_caller]
fn possible(operations: &[Operation]) {
    assert_eq!(check(operations), Verdict::Explained);
}

#[track_caller]
fn impossible(operations: &[Operation], at: usize) {
    match check(operations) {
        Verdict::Impossible { operation, .. } => assert_eq!(operation, at),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_session_by_one_client() {
    possible(&in_turn(&[
        (GET, Seen::Absent),
        (set(1, 0), Seen::Stored),
        (ACQUIRE, acquired(1, 2)),
        (GET, Seen::Locked(2)),
        (set(9, 7), Seen::Locked(2)),
        (set(2, 2), Seen::Stored),
        (GET, Seen::Found(2)),
        (ACQUIRE, acquired(2, 3)),
        (Action::Release { cookie: 3 }, Seen::Released),
        (Action::Touch, Seen::Touched),
        (Action::Remove { cookie: 0 }, Seen::Removed),
        (Action::Touch, Seen::Absent),
        (set(3, 0), Seen::Stored),
        (ACQUIRE, acquired(3, 2)),
    ]));
}

#[test]
fn what_no_order_explains() {
    let begin = [(set(1, 0), Seen::Stored), (ACQUIRE, acquired(1, 2))];
    for (steps, name) in [
        (vec![(GET, Seen::Found(1))], "read though locked"),
        (vec![(ACQUIRE, acquired(1, 3))], "two holders"),
        (vec![(set(2, 2), Seen::Stored), (GET, Seen::Found(1))], "an old content"),
        (vec![(set(2, 2), Seen::Stored), (GET, Seen::Absent)], "lost"),
        (vec![(set(2, 3), Seen::Stored)], "written with a wrong cookie"),
        (vec![(set(2, 2), Seen::Locked(2))], "refused with the right cookie"),
        (vec![(set(2, 2), Seen::Stored), (ACQUIRE, acquired(2, 2))], "a cookie granted twice"),
        (vec![(set(2, 2), Seen::Stored), (GET, Seen::Locked(2))], "a lock that was given up"),
        (vec![(Action::Remove { cookie: 2 }, Seen::Removed), (GET, Seen::Found(1))], "back from removal"),
        (vec![(Action::Touch, Seen::Absent)], "absent for a touch"),
        (vec![(Action::Remove { cookie: 0 }, Seen::Removed)], "removed though locked"),
    ] {
        let operations = in_turn(&[&begin[..], &steps].concat());
        assert!(matches!(check(&operations), Verdict::Impossible { .. }), "{name}");
    }
}

#[test]
fn what_overlaps_may_be_in_either_order() {
    let write = asked(2, 9, set(2, 0), Seen::Stored);
    let begin = asked(0, 1, set(1, 0), Seen::Stored);
    possible(&[begin, write, asked(3, 4, GET, Seen::Found(1)), asked(5, 6, GET, Seen::Found(2))]);
    impossible(&[begin, write, asked(3, 4, GET, Seen::Found(2)), asked(5, 6, GET, Seen::Found(1))], 3);
    impossible(&[begin, write, asked(10, 11, GET, Seen::Found(1))], 2);
}

#[test]
fn what_nobody_heard_of_may_happen_later_or_never() {
    let begin = asked(0, 1, set(1, 0), Seen::Stored);
    let unknown = asked(2, 3, set(2, 0), Seen::Nothing);
    possible(&[begin, unknown, asked(4, 5, GET, Seen::Found(1))]);
    possible(&[begin, unknown, asked(4, 5, GET, Seen::Found(1)), asked(6, 7, GET, Seen::Found(2))]);
    impossible(&[begin, unknown, asked(4, 5, GET, Seen::Found(2)), asked(6, 7, GET, Seen::Found(1))], 3);
    // It happens once at most.
    let again = asked(6, 7, set(3, 0), Seen::Stored);
    impossible(
        &[begin, unknown, asked(4, 5, GET, Seen::Found(2)), again, asked(8, 9, GET, Seen::Found(2))],
        4,
    );
    let removed = asked(2, 3, Action::Remove { cookie: 0 }, Seen::Nothing);
    possible(&[begin, removed, asked(4, 5, GET, Seen::Absent)]);
}

#[test]
fn a_lock_that_nobody_heard_of_comes_and_goes() {
    let begin = asked(0, 1, set(1, 0), Seen::Stored);
    let unknown = asked(2, 3, ACQUIRE, Seen::Nothing);
    let locked = asked(4, 5, GET, Seen::Locked(2));
    possible(&[begin, unknown, locked, asked(6, 7, ACQUIRE, acquired(1, 3))]);
    impossible(&[begin, locked], 1);
    possible(&[
        begin,
        unknown,
        locked,
        asked(6, 7, ACQUIRE, Seen::Locked(2)),
        asked(8, 9, GET, Seen::Found(1)),
    ]);
    // But the lock of somebody who was told stays.
    let told = asked(6, 7, ACQUIRE, acquired(1, 3));
    impossible(&[begin, unknown, told, asked(8, 9, ACQUIRE, acquired(1, 4))], 3);
}

#[test]
fn a_crash_forgets_locks_and_nothing_else() {
    let steps = in_turn(&[(set(1, 0), Seen::Stored), (ACQUIRE, acquired(1, 2))]);
    let crash = befell(10, Some(10), Event::Crashed);
    let with = |more: &[Operation]| [&steps[..], &[crash], more].concat();
    possible(&with(&[asked(11, 12, ACQUIRE, acquired(1, 65_538))]));
    possible(&with(&[asked(11, 12, GET, Seen::Locked(2)), asked(13, 14, set(2, 2), Seen::Stored)]));
    possible(&with(&[asked(11, 12, set(2, 2), Seen::Stored)]));
    impossible(&with(&[asked(11, 12, ACQUIRE, acquired(1, 2))]), 3);
    impossible(&with(&[asked(11, 12, GET, Seen::Absent)]), 3);
    // Not earlier than it happened, and not once the lock was seen again.
    impossible(&[&steps[..], &[asked(5, 6, ACQUIRE, acquired(1, 3)), crash]].concat(), 2);
    impossible(&with(&[asked(11, 12, GET, Seen::Locked(2)), asked(13, 14, GET, Seen::Found(1))]), 4);
}

#[test]
fn what_was_given_up_is_gone_or_comes_back_whole() {
    let begin = asked(0, 1, set(1, 0), Seen::Stored);
    let given_up = befell(2, Some(20), Event::GivenUp);
    let returned = befell(10, None, Event::Returned);
    let absent = asked(4, 5, GET, Seen::Absent);
    possible(&[begin, given_up, asked(3, 4, GET, Seen::Found(1)), asked(5, 6, GET, Seen::Absent)]);
    possible(&[begin, given_up, absent, returned, asked(12, 13, GET, Seen::Found(1))]);
    impossible(&[begin, given_up, absent, asked(12, 13, GET, Seen::Found(1))], 3);
    impossible(&[begin, given_up, asked(21, 22, GET, Seen::Found(1)), asked(23, 24, GET, Seen::Absent)], 3);
    let anew = asked(6, 7, set(5, 0), Seen::Stored);
    impossible(&[begin, given_up, absent, anew, returned, asked(12, 13, GET, Seen::Found(1))], 5);
    let removed = asked(8, 9, Action::Remove { cookie: 0 }, Seen::Removed);
    impossible(&[begin, given_up, absent, anew, removed, returned, asked(12, 13, GET, Seen::Found(1))], 6);
}

#[test]
fn many_unknown_writes_stay_affordable() {
    let mut operations = vec![asked(0, 1, set(1, 0), Seen::Stored)];
    for value in 2..40 {
        let at = 4 * value;
        operations.push(asked(at, at + 1, set(value, 0), Seen::Nothing));
        operations.push(asked(
            at + 2,
            at + 3,
            GET,
            Seen::Found(if value % 3 == 0 { value } else { value / 3 * 3 }.max(1)),
        ));
    }
    possible(&operations);
}

#[test]
fn what_was_rewound_is_older_until_somebody_changes_it() {
    let begin = in_turn(&[(set(1, 0), Seen::Stored), (set(2, 0), Seen::Stored), (ACQUIRE, acquired(2, 5))]);
    let rewound = befell(10, Some(30), Event::Rewound(Some(1)));
    let returned = befell(11, None, Event::Returned);
    let with = |more: &[Operation]| [&begin[..], &[rewound, returned], more].concat();
    let old = asked(12, 13, GET, Seen::Found(1));
    possible(&with(&[asked(12, 13, set(3, 5), Seen::Stored)]));
    possible(&with(&[old, asked(14, 15, GET, Seen::Found(2))]));
    possible(&with(&[old, asked(14, 15, ACQUIRE, acquired(1, 6)), asked(16, 17, GET, Seen::Locked(6))]));
    let changed = asked(14, 15, set(3, 0), Seen::Stored);
    impossible(&with(&[old, changed, asked(16, 17, GET, Seen::Found(2))]), 7);
    impossible(&with(&[old, changed, asked(16, 17, GET, Seen::Found(1))]), 7);
    let removed = asked(14, 15, Action::Remove { cookie: 0 }, Seen::Removed);
    impossible(&with(&[old, removed, asked(16, 17, GET, Seen::Found(1))]), 7);
    impossible(&[&begin[..], &[asked(12, 13, GET, Seen::Found(1))]].concat(), 3);
    let nothing = befell(10, Some(30), Event::Rewound(None));
    possible(&[&begin[..], &[nothing, asked(12, 13, GET, Seen::Absent)]].concat());
}
