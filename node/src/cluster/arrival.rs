//! When a node that has joined is ready to be counted on.
//!
//! Kubernetes replaces the next pod as soon as this one is ready, and that one's hand-over has to wait until this ring
//! is settled, while its grace period runs. So a newcomer is ready only when it has been sent what is its own, or when
//! that takes too long to wait for. Once ready it stays so: a later ring in which others come and go is no reason to
//! turn clients away.

use std::time::Duration;

use super::Cluster;

/// A newcomer that was not sent everything by then is ready all the same; what is asked for it fetches.
const PATIENCE: Duration = Duration::from_secs(60);

/// How far a node has come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Arrival {
    /// No ring counts on it.
    #[default]
    Outside,
    /// One does, since then.
    Joined(Duration),
    /// It is ready.
    Settled,
}

impl Arrival {
    /// What it is at `now`.
    fn next(self, joined: bool, has_its_own: bool, now: Duration) -> Self {
        match self {
            _ if !joined => Self::Outside,
            Self::Settled => Self::Settled,
            _ if has_its_own => Self::Settled,
            Self::Outside => Self::Joined(now),
            Self::Joined(since) if now.saturating_sub(since) >= PATIENCE => Self::Settled,
            Self::Joined(since) => Self::Joined(since),
        }
    }
}

impl Cluster {
    /// Whether the ring counts on this node: it is Active, or nobody is.
    #[must_use]
    pub fn joined(&self) -> bool {
        self.view()
            .is_some_and(|view| view.placement.me().is_some_and(|me| view.placement.voters().contains(&me)))
    }

    /// Whether clients should be sent here.
    #[must_use]
    pub fn has_arrived(&self) -> bool {
        let has_its_own = self.view().is_some_and(|view| view.all_handed_over());
        let mut arrival = self.arrival.lock();
        *arrival = arrival.next(self.joined(), has_its_own, self.setup.clock.boottime());
        matches!(*arrival, Arrival::Settled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newcomer_is_ready_when_it_has_its_own_and_stays_so() {
        let at = Duration::from_secs;
        let ready = |arrival| matches!(arrival, Arrival::Settled);
        let joined = Arrival::Outside.next(true, false, at(100));
        assert!(!ready(joined) && !ready(joined.next(true, false, at(159))));
        assert!(ready(joined.next(true, true, at(101))));
        assert!(ready(joined.next(true, false, at(160))), "too long to wait for");
        let settled = joined.next(true, true, at(101));
        assert!(ready(settled.next(true, false, at(102))), "others come and go");
        let outside = settled.next(false, true, at(103));
        assert!(!ready(outside) && !ready(outside.next(true, false, at(104))));
    }
}
