//! Which rings are refused, and what the refusal says.

use super::ring;
use crate::{BadRing, EPOCH_MAX, MEMBERS_MAX, NAME_BYTES_MAX, Ring};

#[track_caller]
fn check(change: impl Fn(&mut Ring), verdict: impl Into<Option<BadRing>>) {
    let mut ring = ring(7, "a b -c", &[(6, "a b"), (4, "a")]);
    change(&mut ring);
    assert_eq!(ring.check().err(), verdict.into());
}

fn many(count: usize) -> String {
    (0..count).map(|number| format!("n{number} ")).collect()
}

#[test]
fn epochs_start_at_one_and_fall_towards_the_past() {
    check(|_| {}, None);
    check(|ring| ring.epoch = 0, BadRing::Epoch(0));
    check(|ring| ring.epoch = EPOCH_MAX, None);
    check(|ring| ring.epoch = EPOCH_MAX + 1, BadRing::Epoch(EPOCH_MAX + 1));
    check(|ring| ring.unsettled[1].epoch = 0, BadRing::Epoch(0));
    check(|ring| ring.unsettled[0].epoch = 7, BadRing::UnsettledOrder { earlier: 7, later: 7 });
    check(|ring| ring.unsettled[1].epoch = 6, BadRing::UnsettledOrder { earlier: 6, later: 6 });
    check(|ring| ring.unsettled.reverse(), BadRing::UnsettledOrder { earlier: 6, later: 4 });
}

#[test]
fn every_ring_has_members_and_not_too_many() {
    check(|ring| ring.members.clear(), BadRing::NoMembers(7));
    check(|ring| ring.unsettled[1].members.clear(), BadRing::NoMembers(4));
    check(|it| *it = ring(7, &many(MEMBERS_MAX), &[]), None);
    let too_many = |epoch| BadRing::TooManyMembers { epoch, members: MEMBERS_MAX + 1 };
    check(|it| *it = ring(7, &many(MEMBERS_MAX + 1), &[]), too_many(7));
    check(|it| *it = ring(7, "a", &[(6, &many(MEMBERS_MAX + 1))]), too_many(6));
    check(|it| *it = ring(7, "a", &[(6, "a"), (5, "a"), (4, "a"), (3, "a")]), None);
    check(
        |it| *it = ring(7, "a", &[(6, "a"), (5, "a"), (4, "a"), (3, "a"), (2, "a")]),
        BadRing::TooManyUnsettled(5),
    );
}

#[test]
fn names_are_one_word_and_belong_to_one_member() {
    let twice = |epoch, name: &str| BadRing::DuplicateName { epoch, name: name.to_owned() };
    check(|it| *it = ring(7, "a b -a", &[]), twice(7, "a"));
    check(|it| *it = ring(7, "a", &[(6, "b b")]), twice(6, "b"));
    let bad = |what, text: &str| BadRing::Name { what, text: text.to_owned() };
    check(|ring| ring.cluster.clear(), bad("cluster", ""));
    check(|ring| ring.members[0].name = "a b".to_owned(), bad("member", "a b"));
    check(|ring| ring.members[0].name = "ä".to_owned(), bad("member", "ä"));
    check(|ring| ring.unsettled[0].members[0].name = "a\n".to_owned(), bad("member", "a\n"));
    check(|ring| ring.members[0].name = "x".repeat(NAME_BYTES_MAX), None);
    let long = "x".repeat(NAME_BYTES_MAX + 1);
    check(|ring| ring.members[0].name.clone_from(&long), bad("member", &long[1..]));
    check(|ring| ring.members[0].pod_uid = "8d6a2c1e-0000-4e6d-9d0f-3c8b4a5f6e7d".to_owned(), None);
    check(|ring| ring.members[0].pod_uid = "{}".to_owned(), bad("podUID", "{}"));
}

#[test]
fn addresses_lead_somewhere_and_may_be_shared() {
    check(|ring| ring.members[0].address = "[2001:db8::7]:42425".parse().unwrap(), None);
    for nowhere in ["0.0.0.0:42425", "[::]:42425", "10.0.0.1:0"] {
        let address = nowhere.parse().unwrap();
        let refused = || BadRing::Address { name: "b".to_owned(), address };
        check(|ring| ring.members[1].address = address, refused());
        check(|ring| ring.members[1].clients = Some(address), refused());
    }
}
