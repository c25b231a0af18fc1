//! Named truths about rings and whose a session is. Production asserts them in debug builds, the simulation on
//! everything that it sees: what nodes adopt, what they write to disk, what they say to each other.

use crate::placement::Placement;
use crate::ring::Ring;

/// A request passes at most this many nodes after the one that its client chose.
pub const HOPS_MAX: u8 = 2;

/// A ring is never changed after it was published: two rings of one epoch are the same.
#[must_use]
pub fn a_ring_never_changes(known: &Ring, seen: &Ring) -> bool {
    known.epoch != seen.epoch || known == seen
}

/// A node never goes back to an earlier ring, whatever restarts come between.
#[must_use]
pub fn epochs_rise(before: u64, after: u64) -> bool {
    before <= after
}

/// Only its owner changes a session, under the ring of the change.
#[must_use]
pub fn only_the_owner_changes(placement: &Placement, node: &str, key_hash: u64) -> bool {
    placement.ring().members[placement.owner(key_hash)].name == node
}

/// A request does not go round in circles.
#[must_use]
pub fn forwarding_ends(hops: u8) -> bool {
    hops <= HOPS_MAX
}

/// What is on its way between nodes and not confirmed stays within its bound; one session larger than that goes alone.
#[must_use]
pub fn hand_off_is_bounded(in_flight: u64, largest: u64, bound: u64) -> bool {
    in_flight <= bound.max(largest)
}

#[cfg(test)]
mod tests {
    //! Each truth, and what breaks it.

    use std::sync::Arc;

    use super::*;
    use crate::{Member, State};

    fn ring(epoch: u64, names: &[&str]) -> Ring {
        let member = |name: &&str| Member {
            name: (*name).to_owned(),
            pod_uid: String::new(),
            address: ([127, 0, 0, 1], 1).into(),
            clients: None,
            state: State::Active,
        };
        let members = names.iter().map(member).collect();
        Ring { cluster: String::new(), epoch, members, unsettled: Vec::new(), lossy: false }
    }

    #[test]
    fn rings() {
        assert!(a_ring_never_changes(&ring(1, &["a"]), &ring(1, &["a"])));
        assert!(a_ring_never_changes(&ring(1, &["a"]), &ring(2, &["b"])));
        assert!(!a_ring_never_changes(&ring(1, &["a"]), &ring(1, &["b"])));
        assert!(epochs_rise(1, 1) && epochs_rise(1, 2) && !epochs_rise(2, 1));
    }

    #[test]
    fn owners_and_bounds() {
        let placement = Placement::new(Arc::new(ring(1, &["a", "b"])), "a");
        let hash = (0..).find(|hash| placement.owner(*hash) == 1).unwrap();
        assert!(only_the_owner_changes(&placement, "b", hash));
        assert!(!only_the_owner_changes(&placement, "a", hash));
        assert!(forwarding_ends(HOPS_MAX) && !forwarding_ends(HOPS_MAX + 1));
        assert!(hand_off_is_bounded(9, 1, 9) && hand_off_is_bounded(20, 20, 9));
        assert!(!hand_off_is_bounded(10, 5, 9));
    }
}
