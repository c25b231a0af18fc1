//! Rendezvous hashing: of all that serve, the one with the highest score owns. When a member leaves,
//! only what it owned moves; when one joins, sessions move to it alone.

use crate::hash::{node_hash, score};
use crate::serving::{Stands, serving};

/// The members of one ring that can own, ready to be scored.
#[derive(Clone, Debug)]
pub(crate) struct Rendezvous {
    /// By name, so that the first of equal scores is the one that wins.
    candidates: Vec<Candidate>,
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    hash: u64,
    /// Among the members it was made of.
    index: usize,
}

impl Rendezvous {
    /// Of a ring with at least one member.
    pub(crate) fn new(members: &[impl Stands]) -> Rendezvous {
        let mut order = serving(members);
        order.sort_by_key(|index| members[*index].name());
        let candidate = |index: usize| Candidate { hash: node_hash(members[index].name()), index };
        Rendezvous { candidates: order.into_iter().map(candidate).collect() }
    }

    /// Indices of all who own a share.
    pub(crate) fn candidates(&self) -> impl Iterator<Item = usize> {
        self.candidates.iter().map(|candidate| candidate.index)
    }

    /// Index of the owner among the members that this was made of.
    pub(crate) fn owner(&self, key_hash: u64) -> usize {
        let (first, rest) = self.candidates.split_first().expect("a checked ring has a member");
        let mut best = (score(first.hash, key_hash), first.index);
        for candidate in rest {
            let score = score(candidate.hash, key_hash);
            if score > best.0 {
                best = (score, candidate.index);
            }
        }
        best.1
    }

    /// Indices of all candidates, best first.
    pub(crate) fn order(&self, key_hash: u64) -> Vec<usize> {
        let scored = |candidate: &Candidate| (score(candidate.hash, key_hash), candidate.index);
        let mut ranking: Vec<(u64, usize)> = self.candidates.iter().map(scored).collect();
        ranking.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        ranking.into_iter().map(|(_, index)| index).collect()
    }
}

#[cfg(test)]
mod tests {
    //! No two names are known that have one hash, so equal scores are made by hand.

    use super::{Candidate, Rendezvous};

    #[test]
    fn the_first_by_name_wins_a_tie() {
        let candidates = [4, 2].map(|index| Candidate { hash: 7, index }).to_vec();
        let tied = Rendezvous { candidates };
        assert_eq!((tied.owner(1), tied.order(1)), (4, vec![4, 2]));
    }
}
