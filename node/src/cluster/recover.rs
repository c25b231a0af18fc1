//! A session that is not here and may be in the backing store: its owner was lost, or its volume.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_location::fence;
use cloakroom_ring::key_hash;

use super::Cluster;
use super::serve::Attempt;
use super::tier::Tier;
use super::view::View;
use crate::backing::{Kept, Value};
use crate::guard::{Guard, stands};
use crate::store::{Backed, Parcel, Stored};

impl Cluster {
    /// Asks the backing store for a session of this node's own, once for all who want it, and files what it has.
    /// Whoever owned the session before cannot store it there any more afterwards.
    pub(super) async fn recover(self: &Arc<Self>, view: &Arc<View>, tier: &Arc<Tier>, key: &[u8]) -> Attempt {
        let hash = key_hash(key);
        if tier.is_gone() && self.may_miss(view, tier) {
            view.known_absent(hash);
            return Attempt::Again;
        }
        if let Some(landed) = tier.recoveries.join(hash) {
            drop(landed.await);
            return Attempt::Again;
        }
        if !tier.may_recover() {
            drop(tier.recoveries.landing(hash));
            return Attempt::Held;
        }
        let (cluster, view, tier, key) = (Arc::clone(self), Arc::clone(view), Arc::clone(tier), key.to_vec());
        // A task of its own: it goes on for the others when this client leaves.
        let recovering = tokio::spawn(async move {
            let _landing = tier.recoveries.landing(hash);
            cluster.fetch(&view, &tier, &key).await
        });
        recovering.await.unwrap_or(Attempt::Held)
    }

    async fn fetch(self: &Arc<Self>, view: &View, tier: &Tier, key: &[u8]) -> Attempt {
        let epoch = view.epoch();
        let seal = if stands(Guard::ClaimSeals) { epoch } else { 0 };
        match tier.store.claim(key, seal).await {
            Ok(None) => view.known_absent(key_hash(key)),
            Ok(Some(kept)) if kept.mark.epoch > epoch => {
                self.meet(tier, kept.mark.epoch);
                return Attempt::Held;
            }
            Ok(Some(Kept { mark, stored, value: Value::Row(mut row) })) => {
                self.setup.store.raise(mark.version);
                row.backed = Backed::Recovered { stored };
                if self.setup.store.admit(epoch, &Parcel::Row(row), true).await.is_err() {
                    return Attempt::Held;
                }
                self.setup.metrics.backing.sessions_recovered.inc();
            }
            Ok(Some(Kept { mark, stored, value: Value::Tombstone })) => {
                self.setup.store.raise(mark.version);
                let key = Stored::new(key, &[]);
                let stone = Parcel::Tombstone { key, epoch: stored, age: Duration::ZERO };
                if self.setup.store.admit(epoch, &stone, true).await.is_err() {
                    return Attempt::Held;
                }
                view.known_absent(key_hash(stone.key()));
            }
            Err(_) if self.may_miss(view, tier) => view.known_absent(key_hash(key)),
            // It may be there.
            Err(_) => return Attempt::Held,
        }
        Attempt::Again
    }

    /// Whether what is not here is nowhere: this node, and whoever owned its share before it, has had all of it since the
    /// cluster began. What was written through is not on any node.
    fn may_miss(&self, view: &View, tier: &Tier) -> bool {
        tier.through.is_none() && !view.placement.ring().lossy && self.has_everything()
    }

    /// The backing store has something of a later epoch than this node's: another one may be serving. Until a ring of
    /// that epoch is here, nothing is answered.
    pub(super) fn meet(&self, tier: &Tier, epoch: u64) {
        if fence::home(epoch).is_some() {
            // That is no epoch of a ring, and no ring could be above it.
            if tier.meet_homes() {
                tracing::error!(
                    "the backing store has sessions of several data centres, and this node is none; write its dataCentre \
                     again, with a backingStore that is written through and does not degrade"
                );
            }
            return;
        }
        if tier.meet(epoch) {
            tracing::warn!(epoch, "the backing store knows of a later ring than this node");
            self.tell_changed();
        }
    }
}
