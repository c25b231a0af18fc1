//! The sessions of a member of a cluster, as a list; and why some may be missing from it.

use std::sync::atomic::Ordering;

use super::Cluster;
use crate::listing::{By, Listing};
use crate::store::Unavailable;

/// Why a member cannot list all sessions of its share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Partial {
    /// It keeps them in the backing store.
    #[error(
        "changes are written through to the backing store, and a node lists only what it remembers of \
         them: sessions and locks may be missing, or have changed since"
    )]
    WrittenThrough,
    /// It has not asked the backing store for them.
    #[error(
        "sessions of a node that was lost are in the backing store, and are listed once somebody has asked for them"
    )]
    Recoverable,
    /// They have not all arrived.
    #[error("sessions are moving between the nodes: some may be listed twice, or not at all")]
    Moving,
}

impl Cluster {
    /// The first `limit` sessions that this node has, and why it may not have all of its share.
    ///
    /// # Errors
    /// [`Unavailable::Stopped`].
    pub async fn list(&self, by: By, limit: usize) -> Result<(Listing, Option<Partial>), Unavailable> {
        if let Some(through) = self.tier.as_ref().and_then(|tier| tier.through()) {
            return Ok((through.list(by, limit).await, Some(Partial::WrittenThrough)));
        }
        let listing = self.setup.store.list(by, limit).await?;
        Ok((listing, self.partial()))
    }

    fn partial(&self) -> Option<Partial> {
        let Some(view) = self.view() else { return Some(Partial::Moving) };
        let lost = view.placement.ring().lossy || !self.has_everything();
        if self.tier.is_some() && lost {
            Some(Partial::Recoverable)
        } else if self.settled.load(Ordering::Acquire) < view.epoch() || !view.all_handed_over() {
            Some(Partial::Moving)
        } else {
            None
        }
    }
}
