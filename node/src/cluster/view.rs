//! One ring as this node acts on it: where each session belongs, and what is known so far about those that moved here.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::atomic::{AtomicBool, Ordering};

use cloakroom_ring::{Placement, Sources};
use parking_lot::Mutex;

use crate::guard::{Guard, stands};

/// Sessions noted as asked for, at eight bytes each: anybody can ask for keys that do not exist.
const ANSWERED_MAX: usize = 1 << 20;

/// What a node knows under one epoch; forgotten with it.
#[derive(Debug)]
pub(super) struct View {
    pub(super) placement: Placement,
    /// Every earlier owner of sessions that are owned here now has handed over all of them.
    quiet: AtomicBool,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    /// Members that may have sessions of this node and have not said that they have none any more.
    unsettled: Vec<usize>,
    /// The share of members that were lost may be served.
    taken_over: bool,
    /// Some earlier owner was lost.
    lost: bool,
    /// Sessions for which every earlier owner was asked.
    answered: KeyHashes,
    /// Sessions of lost members that were asked for.
    missed: KeyHashes,
    /// Sessions that the backing store does not have.
    absent: KeyHashes,
}

type KeyHashes = HashSet<u64, BuildHasherDefault<DefaultHasher>>;

/// Whose a session is, and what is to be done before it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// This node's, and what it has is all there is.
    Mine {
        /// An earlier owner was lost with whatever it had of this session.
        lost: bool,
    },
    /// This node's, once these members (by index) were asked.
    Ask(Vec<usize>),
    /// This node's, once its lost owner must have stopped.
    NotYet,
    /// That member's.
    Other(usize),
}

impl View {
    /// Of a ring that was just adopted.
    pub(super) fn new(placement: Placement) -> Self {
        let Sources { ask: unsettled, gone: lost } = placement.possible_sources();
        let quiet = AtomicBool::new(unsettled.is_empty() && !lost);
        let known = Known {
            unsettled,
            taken_over: !lost,
            lost,
            answered: KeyHashes::default(),
            missed: KeyHashes::default(),
            absent: KeyHashes::default(),
        };
        Self { placement, quiet, known: Mutex::new(known) }
    }

    pub(super) fn epoch(&self) -> u64 {
        self.placement.epoch()
    }

    /// The index of the member of that name.
    pub(super) fn member(&self, name: &str) -> Option<usize> {
        self.placement.ring().members.iter().position(|member| member.name == name)
    }

    /// Whose the session with this key hash is.
    pub(super) fn whose(&self, key_hash: u64) -> Whose {
        let owner = self.placement.owner(key_hash);
        if self.placement.me() != Some(owner) {
            return Whose::Other(owner);
        }
        if self.quiet.load(Ordering::Acquire) || !stands(Guard::AskSources) {
            return Whose::Mine { lost: false };
        }
        let Sources { mut ask, gone } = self.placement.sources(key_hash);
        let known = self.known.lock();
        if gone && !known.taken_over && stands(Guard::TakeOverWait) {
            return Whose::NotYet;
        }
        ask.retain(|member| known.unsettled.contains(member));
        if ask.is_empty() || known.answered.contains(&key_hash) {
            return Whose::Mine { lost: gone };
        }
        Whose::Ask(ask)
    }

    /// Every earlier owner of the session was asked, and what they had is in the store.
    pub(super) fn answered(&self, key_hash: u64) {
        if !self.quiet.load(Ordering::Acquire) {
            let mut known = self.known.lock();
            if known.answered.len() >= ANSWERED_MAX {
                // Whoever was asked before is asked again; what is here by then is newer than what they have.
                known.answered.clear();
            }
            known.answered.insert(key_hash);
        }
    }

    /// The member has handed over everything that it does not own. Whether that is news.
    pub(super) fn settled(&self, member: usize) -> bool {
        let mut known = self.known.lock();
        let before = known.unsettled.len();
        known.unsettled.retain(|other| *other != member);
        self.look_quiet(&known);
        known.unsettled.len() < before
    }

    /// Whether every earlier owner of the session was asked in this epoch.
    pub(super) fn was_answered(&self, key_hash: u64) -> bool {
        self.known.lock().answered.contains(&key_hash)
    }

    /// A client asked for a session that went with a lost member. Whether it is the first time.
    pub(super) fn missed(&self, key_hash: u64) -> bool {
        let mut known = self.known.lock();
        if known.missed.len() >= ANSWERED_MAX {
            known.missed.clear();
        }
        known.missed.insert(key_hash)
    }

    /// The backing store does not have the session.
    pub(super) fn known_absent(&self, key_hash: u64) {
        let mut known = self.known.lock();
        if known.absent.len() >= ANSWERED_MAX {
            known.absent.clear();
        }
        known.absent.insert(key_hash);
    }

    /// Whether the backing store was asked and does not have the session.
    pub(super) fn is_known_absent(&self, key_hash: u64) -> bool {
        self.known.lock().absent.contains(&key_hash)
    }

    /// Whether no member has anything of this node's any more.
    pub(super) fn all_handed_over(&self) -> bool {
        self.known.lock().unsettled.is_empty()
    }

    /// Members that were lost must have stopped by now.
    pub(super) fn take_over(&self) {
        self.known.lock().taken_over = true;
    }

    /// Whether the share of a lost member waits to be served.
    pub(super) fn awaits_take_over(&self) -> bool {
        !self.known.lock().taken_over
    }

    fn look_quiet(&self, known: &Known) {
        // What was lost is remembered to the end of the epoch: its sessions are counted when they are asked for.
        self.quiet.store(known.unsettled.is_empty() && !known.lost, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    //! A node that was made a member at the second ring, and what it does with a session that is now its own.

    use std::sync::Arc;

    use cloakroom_ring::{Earlier, Former, Member, Ring, State};

    use super::*;

    const NAMES: [&str; 3] = ["a", "b", "me"];

    /// The present ring has `now` of [`NAMES`]; before, `before` were Active.
    fn view(now: &[usize], before: &[usize]) -> View {
        let member = |index: &usize| Member {
            name: NAMES[*index].to_owned(),
            pod_uid: String::new(),
            address: ([127, 0, 0, 1], 1).into(),
            clients: None,
            state: State::Active,
        };
        let former =
            |index: &usize| Former { name: NAMES[*index].to_owned(), state: State::Active, settled: false };
        let unsettled = Earlier { epoch: 1, members: before.iter().map(former).collect() };
        let ring = Ring {
            cluster: String::new(),
            epoch: 2,
            members: now.iter().map(member).collect(),
            unsettled: vec![unsettled],
            lossy: false,
        };
        View::new(Placement::new(Arc::new(ring), "me"))
    }

    /// A key hash that is this node's now.
    fn mine(view: &View) -> u64 {
        (0..).find(|hash| view.placement.owns(*hash)).expect("it owns a share")
    }

    #[test]
    fn an_earlier_owner_is_asked_once() {
        let view = view(&[0, 2], &[0]);
        let hash = mine(&view);
        assert_eq!(view.whose(hash), Whose::Ask(vec![0]));
        view.answered(hash);
        assert_eq!(view.whose(hash), Whose::Mine { lost: false });
        let other = (hash + 1..).find(|hash| view.placement.owns(*hash)).expect("it owns a share");
        assert_eq!(view.whose(other), Whose::Ask(vec![0]));
        view.settled(0);
        assert_eq!(view.whose(other), Whose::Mine { lost: false });
    }

    #[test]
    fn the_share_of_a_lost_owner_waits_and_is_told_apart() {
        let view = view(&[2], &[0]);
        let hash = mine(&view);
        assert!(view.awaits_take_over());
        assert_eq!(view.whose(hash), Whose::NotYet);
        view.take_over();
        assert_eq!(view.whose(hash), Whose::Mine { lost: true });
    }

    #[test]
    fn what_is_anothers_is_not_asked_for() {
        let view = view(&[0, 1, 2], &[0, 1]);
        let hash = (0..).find(|hash| view.placement.owner(*hash) == 1).expect("it owns a share");
        assert_eq!(view.whose(hash), Whose::Other(1));
    }
}
