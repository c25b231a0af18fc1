//! Taking up a newer ring.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cloakroom_ring::{BadRing, Former, Ring, State, invariant};

use super::ring_file::{self, Remembered};
use super::view::View;
use super::{Cluster, formers};
use crate::guard::{Guard, stands};
use crate::metrics::Lost;
use crate::store::{Admitted, Parcel, Stored};

/// Why a ring is not acted on.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It contradicts itself.
    #[error("the ring is no ring: {0}")]
    Bad(#[from] BadRing),
    /// A newer one is in force, or another one of the same epoch.
    #[error("epoch {offered} is not newer than {current}, which this node acts on")]
    Older {
        /// Epoch of the refused ring.
        offered: u64,
        /// Epoch of the ring in force.
        current: u64,
    },
    /// It could not be written down, and so it is not acted on.
    #[error("the ring cannot be written down: {0}")]
    Io(#[from] io::Error),
}

impl Cluster {
    /// Acts on `ring` from now on, if it is newer. The ring in force is accepted again.
    ///
    /// # Errors
    /// [`Refused`]; the ring in force stays.
    pub async fn adopt(self: &Arc<Self>, ring: &Ring) -> Result<(), Refused> {
        ring.check()?;
        let (cluster, ring) = (Arc::clone(self), ring.clone());
        // A task of its own: half adopted, when whoever brought the ring goes away, the node could serve nothing.
        let adopting = tokio::spawn(async move { cluster.adopt_to_the_end(&ring).await });
        adopting.await.unwrap_or_else(|_| Err(Refused::Io(io::Error::other("this node is stopping"))))
    }

    async fn adopt_to_the_end(self: &Arc<Self>, ring: &Ring) -> Result<(), Refused> {
        let mut remembered = self.remembered.lock().await;
        if let Some(Remembered { ring: mine, .. }) = remembered.as_ref() {
            debug_assert!(invariant::a_ring_never_changes(mine, ring));
            if mine == ring && self.epoch() == ring.epoch {
                return Ok(());
            }
            if ring.epoch <= mine.epoch && mine != ring {
                return Err(Refused::Older { offered: ring.epoch, current: mine.epoch });
            }
        }
        let former = remembered.as_ref().filter(|remembered| remembered.ring.cluster != ring.cluster);
        if let Some(former) = former {
            // A cluster that was made anew on the volumes of a deleted one. Its epochs go on behind the former's.
            tracing::warn!(
                former = former.ring.cluster,
                now = ring.cluster,
                "the data is from another cluster"
            );
        }
        let same = remembered.as_ref().filter(|_| former.is_none());
        let (clean, clean_at) = clean_before(same);
        if remembered.is_none() && self.setup.created && !begins(ring, &self.setup.name) {
            self.whole.store(false, Ordering::Release);
        }
        let next = Remembered { ring: ring.clone(), clean, clean_at, whole: self.has_everything() };
        if stands(Guard::RememberEpoch) {
            // A sync on this thread, once for each ring: it must be over before anything is done by the ring.
            ring_file::write(self.setup.volume.as_ref(), &next)?;
        }
        *remembered = Some(next);
        // From here on nothing more is given away by the old ring, and nobody is served by the new one yet.
        self.setup.store.enter(ring.epoch);
        self.give_up_what_the_lost_had(ring).await;
        self.act_on(ring);
        let member = ring.member(&self.setup.name).map(|member| member.state);
        tracing::info!(epoch = ring.epoch, members = ring.members.len(), ?member, "acting on a new ring");
        Ok(())
    }

    /// Drops the copies of sessions that were given to nodes which are no members any more.
    async fn give_up_what_the_lost_had(self: &Arc<Self>, ring: &Ring) {
        for (key, given_at) in self.given.to_the_lost(ring) {
            let before = given_at.saturating_sub(1);
            if self.tier.is_some() {
                // What the lost one made of it is in the backing store, but for the last window.
                if let Err(unavailable) = self.setup.store.discard(ring.epoch, &key, before).await {
                    tracing::error!(%unavailable, "an old copy of a lost session stays");
                }
                continue;
            }
            // Removes what is from before it was given away, and keeps what came here since.
            let stone = Parcel::Tombstone { key: Stored::new(&key, &[]), epoch: before, age: Duration::ZERO };
            match self.setup.store.admit(ring.epoch, &stone, false).await {
                Ok(Admitted { taken: true, .. }) => self.setup.metrics.sessions_lost.inc(Lost::Excluded),
                Ok(_) => {}
                Err(unavailable) => tracing::error!(%unavailable, "an old copy of a lost session stays"),
            }
        }
    }

    /// Takes up a ring that a peer sent. It may be older than what was adopted meanwhile.
    pub(super) async fn adopt_from_peer(self: &Arc<Self>, ring: &Ring) {
        match self.adopt(ring).await {
            Ok(()) | Err(Refused::Older { .. }) => {}
            Err(refused) => tracing::warn!(%refused, "a peer's ring is not acted on"),
        }
    }

    /// Whether there may be sessions of other nodes here.
    pub(super) async fn may_hold_others(&self, view: &View) -> bool {
        let remembered = self.remembered.lock().await;
        let clean = remembered.as_ref().and_then(|remembered| remembered.clean.as_ref());
        match clean {
            Some(before) => view.placement.loses(before),
            None => self.setup.store.has_anything(),
        }
    }

    /// Notes durably that there is nothing of others here any more.
    pub(super) async fn mark_settled(&self, view: &View) -> io::Result<()> {
        let mut remembered = self.remembered.lock().await;
        let Some(current) = remembered.as_mut().filter(|current| current.ring.epoch == view.epoch()) else {
            return Ok(());
        };
        let next = Remembered {
            clean: Some(formers(&current.ring)),
            clean_at: current.ring.epoch,
            ring: current.ring.clone(),
            whole: current.whole,
        };
        ring_file::write(self.setup.volume.as_ref(), &next)?;
        *current = next;
        self.moving.store(0, Ordering::Release);
        self.given.clear();
        self.settled.store(view.epoch(), Ordering::Release);
        self.tell_changed();
        self.beat.notify_one();
        Ok(())
    }
}

/// Whether a node that has nothing lacks nothing under its first ring: it is new to it, or the ring is the first, or
/// follows the first.
fn begins(ring: &Ring, me: &str) -> bool {
    let without_me = |members: &[Former]| members.iter().all(|former| former.name != me);
    let oldest = ring.unsettled.last().map_or(ring.epoch, |earlier| earlier.epoch);
    oldest == 1 || ring.unsettled.iter().any(|earlier| without_me(&earlier.members))
}

/// The members that were Active in every ring since the node last held only its own: what such a member owns under a
/// later ring cannot be here. The others count as not Active.
fn clean_before(remembered: Option<&Remembered>) -> (Option<Vec<Former>>, u64) {
    let Some(Remembered { ring, clean, clean_at, .. }) = remembered else { return (None, 0) };
    let still_active = |name: &str| ring.member(name).is_some_and(|member| member.state == State::Active);
    let since = |former: &Former| {
        let state = if still_active(&former.name) { former.state } else { State::Draining };
        Former { state, ..former.clone() }
    };
    (clean.as_ref().map(|clean| clean.iter().map(since).collect()), *clean_at)
}

#[cfg(test)]
mod tests {
    //! What a node may still hold, told from the rings that it acted on.

    use cloakroom_ring::{Member, Ring};

    use super::*;

    fn ring(epoch: u64, members: &[(&str, State)]) -> Ring {
        let member = |(name, state): &(&str, State)| Member {
            name: (*name).to_owned(),
            pod_uid: String::new(),
            address: ([127, 0, 0, 1], 1).into(),
            clients: None,
            state: *state,
        };
        Ring {
            cluster: "c".to_owned(),
            epoch,
            members: members.iter().map(member).collect(),
            unsettled: Vec::new(),
            lossy: false,
        }
    }

    #[test]
    fn who_was_not_active_all_the_time_may_have_sessions_here() {
        let all = ring(1, &[("a", State::Active), ("b", State::Active), ("c", State::Active)]);
        let drained = ring(2, &[("a", State::Active), ("b", State::Draining), ("c", State::Active)]);
        let remembered = Remembered { ring: drained, clean: Some(formers(&all)), clean_at: 1, whole: true };
        let (clean, at) = clean_before(Some(&remembered));
        let states: Vec<_> = clean.unwrap().into_iter().map(|former| (former.name, former.state)).collect();
        let expected = [("a", State::Active), ("b", State::Draining), ("c", State::Active)]
            .map(|(n, s)| (n.to_owned(), s));
        assert_eq!((states, at), (expected.to_vec(), 1));
        assert_eq!(clean_before(None), (None, 0));
    }
}
