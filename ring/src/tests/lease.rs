//! Until when a node may serve.

use std::time::Duration;

use super::{placement, ring};
use crate::Lease;

const LEASE: Duration = Duration::from_secs(1);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Node `a` of `members` after these acknowledgements (who, when the beacon was sent).
fn lease(members: &str, acks: &[(&str, u64)]) -> Lease {
    let mut lease = Lease::new(&placement(&ring(1, members, &[]), "a"), LEASE);
    for (voter, sent_at) in acks {
        lease.acked(voter, millis(*sent_at));
    }
    lease
}

#[track_caller]
fn check(members: &str, acks: &[(&str, u64)], until: Option<Duration>) {
    assert_eq!(lease(members, acks).serve_until(), until);
}

#[test]
fn a_majority_is_needed_and_oneself_counts() {
    check("a b c", &[], None);
    check("a b c", &[("b", 100)], Some(millis(1_100)));
    check("a b c", &[("b", 100), ("c", 300)], Some(millis(1_300)));
    check("a b c d", &[("b", 100)], None);
    check("a b c d", &[("b", 100), ("c", 300)], Some(millis(1_100)));
    check("a b c d e", &[("b", 100), ("c", 300), ("d", 200)], Some(millis(1_200)));
    check("a b", &[], None);
    check("a b", &[("b", 100)], Some(millis(1_100)));
}

#[test]
fn who_is_alone_or_owns_nothing_needs_nobody() {
    check("a", &[], Some(Duration::MAX));
    check("a -b -c", &[], Some(Duration::MAX));
    check("-a", &[], Some(Duration::MAX));
    check("-a b c", &[], Some(Duration::MAX));
}

#[test]
fn who_is_outside_may_not_even_answer_what_it_decided_before() {
    check("b c", &[("b", 100), ("c", 100)], None);
}

#[test]
fn only_voters_count_and_only_their_newest_word() {
    check("a b c", &[("b", 300), ("b", 100)], Some(millis(1_300)));
    check("a b -c", &[("c", 100)], None);
    check("a b c", &[("z", 100), ("a", 100)], None);
    check("-a -b", &[("b", 100)], Some(millis(1_100)));
}

#[test]
fn the_word_of_those_who_still_vote_counts_under_the_next_ring() {
    let next = |members: &str| {
        let before = lease("a b c", &[("b", 100), ("c", 300)]);
        before.next(&placement(&ring(2, members, &[]), "a")).serve_until()
    };
    assert_eq!(next("a b c d"), Some(millis(1_100)));
    assert_eq!(next("a b -c"), Some(millis(1_100)));
    assert_eq!(next("a d e"), None);
    assert_eq!(next("a b d e f"), None);
}
