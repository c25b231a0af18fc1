//! Who may still have a session that is owned here now.

use crate::member::Former;
use crate::rendezvous::Rendezvous;
use crate::ring::{Earlier, Ring};

/// Where a session may be, besides at its owner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Members to ask, as indices in the ring: its owners in the unsettled rings that have not
    /// handed over everything, newest first, each once and never the asker.
    pub ask: Vec<usize>,
    /// Whether one of its earlier owners is no member any more, so that it cannot be asked.
    pub gone: bool,
}

/// The owners of one unsettled ring, as the members of the present one.
#[derive(Clone, Debug)]
pub(crate) struct FormerOwners {
    rendezvous: Rendezvous,
    /// By former member.
    standing: Vec<Standing>,
}

/// What has become of an earlier owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It has handed over whatever it had.
    Settled,
    /// It is a member, with this index.
    Member(usize),
    /// It is no member any more.
    Gone,
}

impl FormerOwners {
    pub(crate) fn new(earlier: &Earlier, ring: &Ring) -> FormerOwners {
        let index = |name: &str| ring.members.iter().position(|member| member.name == name);
        let standing = |former: &Former| match index(&former.name) {
            _ if former.settled => Standing::Settled,
            Some(index) => Standing::Member(index),
            None => Standing::Gone,
        };
        FormerOwners {
            rendezvous: Rendezvous::new(&earlier.members),
            standing: earlier.members.iter().map(standing).collect(),
        }
    }

    /// What has become of whoever owned the key under this ring.
    pub(crate) fn owner(&self, key_hash: u64) -> Standing {
        self.standing[self.rendezvous.owner(key_hash)]
    }

    /// What has become of each who owned anything under this ring.
    pub(crate) fn owners(&self) -> impl Iterator<Item = Standing> {
        self.rendezvous.candidates().map(|index| self.standing[index])
    }
}

impl Sources {
    /// For these earlier owners, newest first, as `me` (an index; `None` outside the ring) must ask.
    pub(crate) fn among(owners: impl Iterator<Item = Standing>, me: Option<usize>) -> Sources {
        let mut sources = Sources::default();
        for owner in owners {
            match owner {
                Standing::Gone => sources.gone = true,
                Standing::Member(index) if Some(index) != me && !sources.ask.contains(&index) => {
                    sources.ask.push(index);
                }
                Standing::Member(_) | Standing::Settled => {}
            }
        }
        sources
    }
}
