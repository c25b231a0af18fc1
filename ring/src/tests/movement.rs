//! From one ring to another only those sessions move that must.

use proptest::prelude::*;

use super::{chosen, placement, ring};
use crate::{Ring, key_hash, moves};

fn keys() -> impl Iterator<Item = u64> {
    (0..200u32).map(|number| key_hash(&number.to_le_bytes()))
}

fn serves(ring: &Ring, name: &str) -> bool {
    placement(ring, name).voters().iter().any(|index| ring.members[*index].name == name)
}

proptest! {
    #[test]
    fn a_session_moves_only_from_who_leaves_or_to_who_joins(from: [u8; 8], to: [u8; 8]) {
        let (from, to) = (ring(1, &chosen(&from), &[]), ring(2, &chosen(&to), &[]));
        for key in keys() {
            if let Some((old, new)) = moves(&from, &to, key) {
                prop_assert!(!serves(&to, old) || !serves(&from, new), "{key:x} moved from {old} to {new}");
            }
        }
    }

    #[test]
    fn the_next_in_order_owns_when_the_owner_leaves(members: [u8; 8]) {
        let all = ring(1, &chosen(&members), &[]);
        let placement_of_all = placement(&all, "n0");
        for key in keys() {
            let order = placement_of_all.order(key);
            prop_assert_eq!(order[0], placement_of_all.owner(key));
            if let Some(second) = order.get(1) {
                let mut left = all.clone();
                let owner = left.members.remove(order[0]);
                let expected = (owner.name.as_str(), all.members[*second].name.as_str());
                prop_assert_eq!(moves(&all, &left, key), Some(expected));
            }
        }
    }

    #[test]
    fn the_order_of_members_means_nothing(members: [u8; 8]) {
        let ring = ring(1, &chosen(&members), &[]);
        let mut turned = ring.clone();
        turned.members.reverse();
        for key in keys() {
            prop_assert_eq!(moves(&ring, &turned, key), None);
        }
    }
}

#[test]
fn draining_members_own_nothing_beside_active_ones() {
    #[track_caller]
    fn check(members: &str, owning: &[&str]) {
        let ring = ring(1, members, &[]);
        let placement = placement(&ring, "a");
        let mut owners: Vec<&str> =
            keys().map(|key| ring.members[placement.owner(key)].name.as_str()).collect();
        owners.sort_unstable();
        owners.dedup();
        assert_eq!(owners, owning);
    }
    check("a b c", &["a", "b", "c"]);
    check("-a b c", &["b", "c"]);
    check("a -b -c", &["a"]);
    check("-a", &["a"]);
    check("-a -b", &["a", "b"]);
}

#[test]
fn what_can_have_moved_away() {
    #[track_caller]
    fn check(before: &str, now: &str, loses: bool) {
        let before = ring(1, before, &[]).as_earlier();
        assert_eq!(placement(&ring(2, now, &[]), "a").loses(&before.members), loses);
    }
    check("a b", "a b", false);
    check("a b c", "a b", false);
    check("a b c", "a b -c", false);
    check("a b", "a b c", true);
    check("a b -c", "a b c", true);
    check("a b", "-a b", true);
    check("a b", "b", true);
    check("a", "-a -b", true);
    check("-a", "-a", false);
}

#[test]
fn who_is_outside_the_ring_owns_nothing() {
    let outsider = placement(&ring(2, "a b", &[(1, "a b z")]), "z");
    assert_eq!(outsider.me(), None);
    assert!(keys().all(|key| !outsider.owns(key) && !outsider.is_source(key)));
}
