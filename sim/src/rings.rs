//! Every ring that was published: what the API server keeps, and what rules are judged by.

use std::sync::Arc;

use cloakroom_ring::{Placement, Ring, invariant};
use parking_lot::Mutex;

/// All rings by epoch. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Rings(Arc<Mutex<Vec<Placement>>>);

impl Rings {
    /// The ring object's present content.
    #[must_use]
    pub fn newest(&self) -> Option<Arc<Ring>> {
        self.0.lock().last().map(|placement| Arc::clone(placement.ring()))
    }

    /// The ring of that epoch.
    #[must_use]
    pub fn at(&self, epoch: u64) -> Option<Arc<Ring>> {
        self.0.lock().iter().map(Placement::ring).find(|ring| ring.epoch == epoch).map(Arc::clone)
    }

    /// Replaces the ring object's content.
    pub fn publish(&self, ring: Ring) {
        let mut rings = self.0.lock();
        assert!(rings.last().is_none_or(|last| last.epoch() < ring.epoch), "epochs rise");
        rings.push(Placement::new(Arc::new(ring), ""));
    }

    /// Who owns a key at that epoch.
    #[must_use]
    pub fn owner(&self, epoch: u64, key_hash: u64) -> Option<String> {
        let rings = self.0.lock();
        let placement = rings.iter().find(|placement| placement.epoch() == epoch)?;
        Some(placement.ring().members[placement.owner(key_hash)].name.clone())
    }

    /// Whether the node `name` may change the key's session at that epoch; `None` if there was no such ring.
    #[must_use]
    pub fn may_change(&self, name: &str, epoch: u64, key_hash: u64) -> Option<bool> {
        let rings = self.0.lock();
        let placement = rings.iter().find(|placement| placement.epoch() == epoch)?;
        Some(invariant::only_the_owner_changes(placement, name, key_hash))
    }

    /// Whether `name` may hold the key's session under the ring of that epoch: as its owner, or as the owner in one of
    /// the rings that it calls unsettled.
    #[must_use]
    pub fn may_hold(&self, name: &str, epoch: u64, key_hash: u64) -> bool {
        let Some(ring) = self.at(epoch) else { return false };
        let epochs = std::iter::once(epoch).chain(ring.unsettled.iter().map(|earlier| earlier.epoch));
        epochs.into_iter().any(|epoch| self.owner(epoch, key_hash).as_deref() == Some(name))
    }
}
