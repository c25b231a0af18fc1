//! Sessions of which another node has been given a copy, while this node still has its own.
//!
//! A sealed copy is good as long as nobody else has one. Once it was given away, its taker may change or remove the
//! session, and should the taker then be lost, the copy here would bring back what was overwritten or logged out. So
//! it is given up with its taker: the session counts as lost, which it is.
//!
//! What was given away before this process started is not known. That needs two faults: this node restarted and the
//! taker lost, both before the hand-off between them was over.

use std::collections::BTreeMap;

use cloakroom_ring::Ring;
use parking_lot::Mutex;

/// Who has been given what, by key. Never more keys than this node has sessions, nor more takers than members.
#[derive(Debug, Default)]
pub(super) struct Given(Mutex<BTreeMap<Vec<u8>, Vec<Gift>>>);

#[derive(Debug)]
struct Gift {
    taker: String,
    /// Epoch in which it was given away.
    epoch: u64,
}

impl Given {
    /// Notes that `taker` is about to be given the session at `epoch`, unless it is not that epoch any more.
    pub(super) fn note(&self, key: &[u8], taker: &str, epoch: u64, now: impl FnOnce() -> u64) -> bool {
        let mut given = self.0.lock();
        // Under the lock, so that whoever enters an epoch and then looks finds it here.
        if now() != epoch {
            return false;
        }
        let gifts = given.entry(key.to_vec()).or_default();
        // Whoever was given it before may still have changed it.
        if gifts.iter().all(|gift| gift.taker != taker) {
            gifts.push(Gift { taker: taker.to_owned(), epoch });
        }
        true
    }

    /// The copy here is gone.
    pub(super) fn dropped(&self, key: &[u8]) {
        self.0.lock().remove(key);
    }

    /// All copies are gone.
    pub(super) fn clear(&self) {
        self.0.lock().clear();
    }

    /// Takes out what was given to nodes that are no members of `ring`: keys, each with the first epoch in which such a
    /// node was given it.
    pub(super) fn to_the_lost(&self, ring: &Ring) -> Vec<(Vec<u8>, u64)> {
        let is_lost = |gift: &&Gift| ring.member(&gift.taker).is_none();
        let lost = |_: &Vec<u8>, gifts: &mut Vec<Gift>| gifts.iter().any(|gift| is_lost(&gift));
        let first = |gifts: Vec<Gift>| gifts.iter().filter(is_lost).map(|gift| gift.epoch).min();
        let taken_out = self.0.lock().extract_if(.., lost).collect::<Vec<_>>();
        taken_out.into_iter().filter_map(|(key, gifts)| Some((key, first(gifts)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use cloakroom_ring::{Member, State};

    use super::*;

    #[test]
    fn what_the_lost_were_given_is_taken_out_once() {
        let member = Member {
            name: "alive".to_owned(),
            pod_uid: String::new(),
            address: ([127, 0, 0, 1], 1).into(),
            clients: None,
            state: State::Active,
        };
        let ring = Ring {
            cluster: String::new(),
            epoch: 3,
            members: vec![member],
            unsettled: Vec::new(),
            lossy: false,
        };
        let given = Given::default();
        assert!(given.note(b"kept", "alive", 2, || 2));
        assert!(given.note(b"lost", "gone", 2, || 2));
        assert!(given.note(b"dropped", "gone", 2, || 2));
        assert!(!given.note(b"late", "gone", 2, || 3), "it is another epoch by now");
        assert!(given.note(b"lost", "alive", 3, || 3), "the next taker does not hide the one before");
        given.dropped(b"dropped");
        assert_eq!(given.to_the_lost(&ring), [(b"lost".to_vec(), 2)]);
        assert_eq!(given.to_the_lost(&ring), []);
    }
}
