//! Leaving: waiting until everything is elsewhere and everybody knows.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Cluster;

/// Who asks how this node is should learn that it has settled before it is gone: otherwise it counts as lost.
const REPORT_PATIENCE: Duration = Duration::from_secs(3);
/// How often it is looked, should nothing tell that something changed.
const LOOK: Duration = Duration::from_millis(250);

/// How far a node that leaves came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandedOver {
    /// Every session is at its new owner, and the others know that nothing is left here.
    All,
    /// There is nobody to hand over to: the sessions stay on this node's volume.
    Nobody,
    /// Time is up. The sessions that are left stay on this node's volume.
    Left(u64),
}

impl Cluster {
    /// Waits until a ring without this node is in force and nothing is left here; at most for the drain's patience.
    pub async fn handed_over(self: &Arc<Self>) -> HandedOver {
        let settings = &self.setup.settings;
        let give_up = self.setup.clock.boottime() + settings.drain_patience;
        let mut changed = self.changed.watch();
        let mut done_since = None;
        loop {
            changed.mark_unchanged();
            let now = self.setup.clock.boottime();
            if let Some(done) = self.done(now) {
                let since = *done_since.get_or_insert(now);
                let reported = self.reported.load(Ordering::Acquire) >= self.epoch();
                if reported || now.saturating_sub(since) >= REPORT_PATIENCE {
                    return done;
                }
            }
            if now >= give_up {
                return HandedOver::Left(self.setup.store.sessions() as u64);
            }
            // Woken or not, it looks again.
            drop(tokio::time::timeout(LOOK, changed.changed()).await);
        }
    }

    /// Whether this node is on its way out.
    pub(super) fn leaves(&self) -> bool {
        let active = |view: Arc<super::View>| {
            view.placement
                .me()
                .is_some_and(|me| view.placement.ring().members[me].state == cloakroom_ring::State::Active)
        };
        !self.view().is_some_and(active)
    }

    fn done(&self, now: Duration) -> Option<HandedOver> {
        let Some(view) = self.view() else {
            // It was asked to go before any ring had named it.
            return (!self.setup.store.has_anything()).then_some(HandedOver::Nobody);
        };
        let placement = &view.placement;
        let leaving = !placement.me().is_some_and(|me| placement.voters().contains(&me));
        // All leave, and each keeps its share.
        if placement.ring().members.iter().all(|member| member.state == cloakroom_ring::State::Draining) {
            // The volumes stay, but what is to come back from elsewhere must be there.
            return self.all_flushed().then_some(HandedOver::Nobody);
        }
        let epoch = view.epoch();
        let settled = self.settled.load(Ordering::Acquire) >= epoch;
        let patience = self.setup.settings.silent_after;
        let told =
            || self.standing.lock().as_ref().is_some_and(|standing| standing.all_told(epoch, now, patience));
        (leaving && settled && told()).then_some(HandedOver::All)
    }
}
