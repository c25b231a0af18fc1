//! What the next ring remembers.

use super::{members, ring};

/// After a ring of these members, of whom those are settled.
#[track_caller]
fn check(names: &str, unsettled: &[(u64, &str)], settled: &[&str], remembered: &[(u64, &str)]) {
    let next = ring(7, names, unsettled).next(members("a -b c"), |name| settled.contains(&name));
    assert_eq!(next, ring(8, "a -b c", remembered));
}

#[test]
fn the_ring_before_is_remembered_and_older_ones_until_all_are_settled() {
    check("a b", &[], &["a", "b"], &[(7, "a b")]);
    check("a b", &[], &[], &[(7, "a b")]);
    check("a b", &[(6, "a"), (5, "-a")], &["a", "b"], &[(7, "a b")]);
    check("a b", &[(6, "a"), (5, "-b")], &[], &[(7, "a b"), (6, "a"), (5, "-b")]);
}

#[test]
fn who_is_settled_need_not_be_asked_for_older_times() {
    check("a b", &[(6, "a b")], &["a"], &[(7, "a b"), (6, "a! b")]);
    check("a b", &[(6, "a! b"), (5, "b")], &[], &[(7, "a b"), (6, "a! b"), (5, "b")]);
    check("a b", &[(6, "a b"), (5, "b")], &["b"], &[(7, "a b"), (6, "a b!")]);
    check("a b c", &[(6, "a! b"), (5, "b a")], &["b"], &[(7, "a b c"), (5, "b! a")]);
}

#[test]
fn who_is_lost_is_given_up_when_all_others_are_settled() {
    check("a b", &[(6, "a b x")], &["a", "x"], &[(7, "a b"), (6, "a! b x")]);
    check("a b", &[(6, "a! b! x")], &["a"], &[(7, "a b"), (6, "a! b! x")]);
    check("a b", &[(6, "a b x")], &["a", "b"], &[(7, "a b")]);
}

#[test]
fn at_most_four_are_remembered() {
    let unsettled = [(6, "a"), (5, "b"), (3, "c"), (1, "d")];
    check("a b", &unsettled, &[], &[(7, "a b"), (6, "a"), (5, "b"), (3, "c")]);
}

#[test]
fn a_ring_knows_for_good_that_a_member_was_given_up() {
    let next =
        |ring: &crate::Ring, settled: &[&str]| ring.next(members("a b"), |name| settled.contains(&name));
    let lossy = |names: &str, settled: &[&str]| next(&ring(7, names, &[]), settled).lossy;
    assert!(!lossy("a b", &[]));
    assert!(!lossy("a b -c", &["c"]), "it went with nothing left");
    assert!(lossy("a b -c", &[]));
    assert!(lossy("a b c", &["c"]), "it had its own share");
    let later = next(&next(&ring(7, "a b c", &[]), &[]), &["a", "b"]);
    assert!(later.lossy, "what went with it may still be wanted");
}
