//! When the share of a member that was lost may be served by its successors.
//!
//! A member that is excluded while nobody can reach it may still serve under any ring that is not
//! settled: whoever adopted a later one did so with everybody else. Under each of them it needs a
//! majority of that ring's voters ([`Lease`](crate::Lease)). So its successors wait, for each, until
//! so many of its voters are known to have moved on that no majority is left, and from then for a
//! lease and what clocks may differ.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::member::Former;
use crate::quorum::blocking;
use crate::ring::{Earlier, Ring};
use crate::serving::serving;

/// What a node knows about who has left the rings in which a lost member could serve.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TakeOver {
    /// How long the last permission may outlive the moment in which it could no longer be renewed.
    wait: Duration,
    left: Vec<Left>,
}

/// One unsettled ring that had a voter who is no member now.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Left {
    epoch: u64,
    /// For each voter when it was first known at a later epoch.
    moved_on: BTreeMap<String, Option<Duration>>,
}

impl TakeOver {
    /// For the node `me`, which adopted `ring` at `now`; `lease` is the cluster's lease.
    pub fn new(ring: &Ring, me: &str, lease: Duration, now: Duration) -> TakeOver {
        // Two clocks that are each wrong by less than a tenth differ by less than a quarter.
        TakeOver { wait: lease + lease / 4, left: Vec::new() }.next(ring, me, now)
    }

    /// Under the next ring, which `me` adopted at `now`. Who was known to have left a ring stays so,
    /// so that a change in between does not start the wait anew.
    pub fn next(&self, ring: &Ring, me: &str, now: Duration) -> TakeOver {
        let known =
            |left: Left| self.left.iter().find(|known| known.epoch == left.epoch).cloned().unwrap_or(left);
        let left = ring.unsettled.iter().filter_map(|earlier| Left::new(earlier, ring, now));
        let mut next = TakeOver { wait: self.wait, left: left.map(known).collect() };
        next.heard(me, ring.epoch, now);
        next
    }

    /// `member` said at `heard_at` that it is at `epoch`.
    pub fn heard(&mut self, member: &str, epoch: u64, heard_at: Duration) {
        for left in self.left.iter_mut().filter(|left| left.epoch < epoch) {
            if let Some(moved_on) = left.moved_on.get_mut(member) {
                moved_on.get_or_insert(heard_at);
            }
        }
    }

    /// Whether sessions whose earlier owner is gone may be served at `now`. Always, if nobody is.
    pub fn may_start(&self, now: Duration) -> bool {
        self.left.iter().all(|left| left.blocked_since().is_some_and(|since| now >= since + self.wait))
    }
}

impl Left {
    fn new(earlier: &Earlier, ring: &Ring, now: Duration) -> Option<Left> {
        let voters: Vec<&Former> =
            serving(&earlier.members).into_iter().map(|index| &earlier.members[index]).collect();
        // Who is settled has left this ring behind, and is not lost.
        let lost = |former: &Former| !former.settled && ring.member(&former.name).is_none();
        let gone = voters.iter().any(|former| lost(former));
        let moved_on =
            voters.into_iter().map(|former| (former.name.clone(), former.settled.then_some(now))).collect();
        gone.then_some(Left { epoch: earlier.epoch, moved_on })
    }

    /// Since when too few are left for a majority.
    fn blocked_since(&self) -> Option<Duration> {
        let mut oldest_first: Vec<Duration> = self.moved_on.values().copied().flatten().collect();
        oldest_first.sort_unstable();
        oldest_first.get(blocking(self.moved_on.len()) - 1).copied()
    }
}
