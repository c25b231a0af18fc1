//! When the share of a lost member may be served.

use std::time::Duration;

use super::ring;
use crate::TakeOver;

const LEASE: Duration = Duration::from_secs(1);
const ADOPTED: u64 = 10_000;

/// Node `a` adopts a ring of epoch 9 at [`ADOPTED`], hears this (who, epoch, when), and may start at
/// that moment and not before.
#[track_caller]
fn check(members: &str, unsettled: &[(u64, &str)], heard: &[(&str, u64, u64)], start: Option<u64>) {
    let take_over = TakeOver::new(&ring(9, members, unsettled), "a", LEASE, Duration::from_millis(ADOPTED));
    check_after(take_over, heard, start);
}

#[track_caller]
fn check_after(mut take_over: TakeOver, heard: &[(&str, u64, u64)], start: Option<u64>) {
    for (member, epoch, heard_at) in heard {
        take_over.heard(member, *epoch, Duration::from_millis(*heard_at));
    }
    let may_start = |millis| take_over.may_start(Duration::from_millis(millis));
    match start {
        None => assert!(!may_start(u64::MAX)),
        Some(start) => assert!(may_start(start) && (start == 0 || !may_start(start - 1))),
    }
}

#[test]
fn there_is_nothing_to_wait_for_while_everybody_is_there() {
    check("a b c", &[], &[], Some(0));
    check("a b -c", &[(8, "a b c")], &[], Some(0));
    check("a b c", &[(8, "a b")], &[], Some(0));
}

#[test]
fn who_left_was_draining_beside_others() {
    check("a b", &[(8, "a b -x")], &[], Some(0));
    check("a b", &[(8, "a b -x"), (7, "a b x")], &[("b", 8, 10_300)], Some(11_550));
    check("a b", &[(8, "-x")], &[], None);
}

#[test]
fn enough_must_have_moved_on_that_no_majority_is_left() {
    check("a b", &[(8, "a b x")], &[], None);
    check("a b", &[(8, "a b x")], &[("b", 8, 10_300)], None);
    check("a b", &[(8, "a b x")], &[("b", 9, 10_300)], Some(11_550));
    check("a b", &[(8, "a b x")], &[("b", 9, 9_000)], Some(11_250));
    check("a b c d", &[(8, "a b c d x")], &[("d", 9, 10_900), ("b", 10, 10_300)], Some(12_150));
    check("a", &[(8, "a x")], &[], Some(11_250));
    check("a b c", &[(8, "a b c x")], &[("c", 9, 10_300)], Some(11_550));
    check("a b", &[(8, "b x")], &[], None);
}

#[test]
fn the_first_time_counts_and_strangers_do_not() {
    check("a b", &[(8, "a b x")], &[("b", 9, 10_300), ("b", 9, 10_900)], Some(11_550));
    check("a b c d", &[(8, "a b x")], &[("c", 9, 10_300), ("d", 9, 10_300)], None);
}

#[test]
fn every_ring_under_which_the_lost_one_could_serve_counts() {
    let unsettled = [(8, "a b c x"), (6, "b c x")];
    check("a b c", &unsettled, &[("b", 9, 10_300)], None);
    check("a b c", &unsettled, &[("b", 9, 10_300), ("c", 7, 10_900)], Some(12_150));
    check("a b c", &[(8, "a b"), (6, "a b x")], &[("b", 8, 10_300)], Some(11_550));
}

#[test]
fn who_is_settled_is_not_lost_and_has_left_that_ring() {
    check("a b", &[(8, "a b x!")], &[], Some(0));
    check("a", &[(8, "b! c x")], &[], None);
    check("a", &[(8, "b! c! x")], &[], Some(11_250));
}

#[test]
fn a_change_in_between_does_not_start_the_wait_anew() {
    let before = ring(9, "a b", &[(8, "a b x")]);
    let mut take_over = TakeOver::new(&before, "a", LEASE, Duration::from_millis(ADOPTED));
    take_over.heard("b", 9, Duration::from_millis(10_300));
    let later = Duration::from_millis(11_000);
    let next = |unsettled: &[(u64, &str)]| take_over.next(&ring(10, "a b c", unsettled), "a", later);
    check_after(next(&[(9, "a b"), (8, "a b x")]), &[], Some(11_550));
    check_after(next(&[(9, "a b y"), (8, "a b x")]), &[("b", 10, 11_500)], Some(12_750));
}
