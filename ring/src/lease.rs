//! How long a node may serve without hearing from the others.
//!
//! A node that was excluded may not know it. It serves only while a majority of its ring's voters
//! answered beacons that it sent less than a lease ago; whoever takes its share over waits until so
//! many of them are known at a newer epoch that no majority is left, and then for longer than a
//! lease ([`TakeOver`](crate::TakeOver)). So the two never serve at once, as long as their clocks
//! run at nearly the same rate.
//!
//! All moments are durations since any one moment of the node's own monotonic clock, which must not
//! stand still while the machine sleeps.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::placement::Placement;
use crate::quorum::majority;

/// What the voters of a ring acknowledged to this node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    duration: Duration,
    /// How many voters besides itself a node needs; 0 if it may serve alone, more than there are if never.
    needed: usize,
    /// For each other voter when the newest beacon that it acknowledged was sent.
    acked: BTreeMap<String, Option<Duration>>,
}

impl Lease {
    /// Nothing acknowledged yet. `duration` is the cluster's lease.
    pub fn new(placement: &Placement, duration: Duration) -> Lease {
        let ring = placement.ring();
        let voter = |index: &usize| ring.members[*index].name.clone();
        let others = placement.voters().iter().filter(|index| Some(**index) != placement.me());
        let acked: BTreeMap<String, Option<Duration>> = others.map(|index| (voter(index), None)).collect();
        let votes = acked.len() < placement.voters().len();
        let needed = match placement.me() {
            Some(_) if votes => majority(placement.voters().len()) - 1,
            // A member that drains beside others owns nothing, and what it decided before they ask it for.
            Some(_) => 0,
            // Whoever was excluded may have been taken over: even what it decided before is not to be answered.
            None => usize::MAX,
        };
        Lease { duration, needed, acked }
    }

    /// The lease under the next ring. Who acknowledged a beacon of an earlier epoch was then not
    /// beyond this one either, so what those who still vote have said goes on counting: a planned
    /// change pauses nobody.
    pub fn next(&self, placement: &Placement) -> Lease {
        let mut next = Lease::new(placement, self.duration);
        for (voter, acked) in &mut next.acked {
            *acked = self.acked.get(voter).copied().flatten();
        }
        next
    }

    /// `voter` answered a beacon sent at `sent_at` without naming a higher epoch.
    pub fn acked(&mut self, voter: &str, sent_at: Duration) {
        if let Some(acked) = self.acked.get_mut(voter) {
            *acked = (*acked).max(Some(sent_at));
        }
    }

    /// The moment at which this node must stop serving unless more is acknowledged; [`Duration::MAX`]
    /// if it needs nobody, `None` if too few ever answered.
    pub fn serve_until(&self) -> Option<Duration> {
        let Some(last_needed) = self.needed.checked_sub(1) else { return Some(Duration::MAX) };
        let mut newest_first: Vec<Duration> = self.acked.values().copied().flatten().collect();
        newest_first.sort_by_key(|sent_at| std::cmp::Reverse(*sent_at));
        newest_first.get(last_needed).map(|sent_at| *sent_at + self.duration)
    }
}
