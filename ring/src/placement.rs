//! Where sessions belong under one ring, as one node sees it: computed once when the ring is
//! adopted, so that each request costs one short hash for each member.

use std::sync::Arc;

use crate::member::{Former, State};
use crate::rendezvous::Rendezvous;
use crate::ring::Ring;
use crate::serving::serving;
use crate::sources::{FormerOwners, Sources, Standing};

/// A ring, ready for the question who owns a key. Members are named by their index in the ring.
#[derive(Clone, Debug)]
pub struct Placement {
    ring: Arc<Ring>,
    me: Option<usize>,
    voters: Vec<usize>,
    owners: Rendezvous,
    former: Vec<FormerOwners>,
}

impl Placement {
    /// Of a ring that was [checked](Ring::check), for the node of that name.
    pub fn new(ring: Arc<Ring>, me: &str) -> Placement {
        Placement {
            me: ring.members.iter().position(|member| member.name == me),
            voters: serving(&ring.members),
            owners: Rendezvous::new(&ring.members),
            former: ring.unsettled.iter().map(|earlier| FormerOwners::new(earlier, &ring)).collect(),
            ring,
        }
    }

    /// The ring.
    pub fn ring(&self) -> &Arc<Ring> {
        &self.ring
    }

    /// The ring's epoch.
    pub fn epoch(&self) -> u64 {
        self.ring.epoch
    }

    /// This node among the members, if it is one.
    pub fn me(&self) -> Option<usize> {
        self.me
    }

    /// The member that owns the key.
    pub fn owner(&self, key_hash: u64) -> usize {
        self.owners.owner(key_hash)
    }

    /// Whether this node owns the key.
    pub fn owns(&self, key_hash: u64) -> bool {
        self.me == Some(self.owner(key_hash))
    }

    /// All members that could own the key, the owner first, then who would own it without the one
    /// before.
    pub fn order(&self, key_hash: u64) -> Vec<usize> {
        self.owners.order(key_hash)
    }

    /// Where a key that this node owns may still be.
    pub fn sources(&self, key_hash: u64) -> Sources {
        Sources::among(self.former.iter().map(|ring| ring.owner(key_hash)), self.me)
    }

    /// Where keys that this node owns may still be, all of them together: `ask` is whoever
    /// [`Placement::sources`] could name for some key, and `gone` whether it could say so.
    pub fn possible_sources(&self) -> Sources {
        Sources::among(self.former.iter().flat_map(FormerOwners::owners), self.me)
    }

    /// Whether this node may hold sessions that others own, if it held only its own when the
    /// members were `before`: it has left since, or another has joined.
    pub fn loses(&self, before: &[Former]) -> bool {
        let was_active =
            |name: &str| before.iter().any(|former| former.name == name && former.state == State::Active);
        let mine = |index: &usize| Some(*index) == self.me;
        let joined = |index: &usize| !mine(index) && !was_active(&self.ring.members[*index].name);
        !self.voters.iter().any(mine) || self.voters.iter().any(joined)
    }

    /// Whether this node owned the key in an unsettled ring, so that its owner asks here for it.
    pub fn is_source(&self, key_hash: u64) -> bool {
        self.me.is_some_and(|me| self.former.iter().any(|ring| ring.owner(key_hash) == Standing::Member(me)))
    }

    /// The members whose majority lets a node serve: the Active ones, or all if none is.
    pub fn voters(&self) -> &[usize] {
        &self.voters
    }
}
