//! What a node says of its part in the cluster.

use std::sync::atomic::Ordering;

use cloakroom_node_config::{BackingReport, RingReport, Silent};

use super::{Cluster, Watching};
use crate::metrics::Lost;

impl Cluster {
    /// For the operator and for people.
    #[must_use]
    pub fn report(&self) -> RingReport {
        let (now, patience) = (self.setup.clock.boottime(), self.setup.settings.silent_after);
        let silent = self.standing.lock().as_ref().map(|standing| standing.silent(now, patience));
        let silent = silent.into_iter().flatten().map(|(name, time)| Silent {
            name,
            for_millis: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
        });
        let settled = self.settled.load(Ordering::Acquire);
        self.reported.fetch_max(settled, Ordering::AcqRel);
        RingReport {
            epoch: self.epoch(),
            settled,
            moving: self.moving(),
            incarnation: format!("{:016x}", self.setup.incarnation),
            silent: silent.collect(),
        }
    }

    /// What the operator is told of the backing store; `None` if there is none.
    #[must_use]
    pub fn backing(&self) -> Option<BackingReport> {
        let lost_updates = self.setup.metrics.sessions_lost.get(Lost::Superseded);
        self.tier.as_ref().map(|tier| tier.report(self.epoch(), lost_updates))
    }

    /// Sessions that are still to be handed over, as far as they were found.
    fn moving(&self) -> u64 {
        let Some(view) = self.view() else { return 0 };
        if self.settled.load(Ordering::Acquire) >= view.epoch() {
            return 0;
        }
        let leaving = view.placement.me().is_some_and(|me| !view.placement.voters().contains(&me));
        if leaving { self.setup.store.sessions() as u64 } else { self.moving.load(Ordering::Acquire) }
    }

    /// Told whenever what this node says of itself may have changed.
    #[must_use]
    pub fn changes(&self) -> Watching {
        self.changed.watch()
    }
}
