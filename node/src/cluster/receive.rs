//! Taking over what another node hands over.

use std::sync::Arc;

use cloakroom_ring::key_hash;

use super::Cluster;
use super::view::{View, Whose};
use crate::peers::{Caller, Reply};
use crate::store::{Parcel, Unavailable};

impl Cluster {
    /// Files what is newer than what is here, and replies when all of it is durable.
    pub(super) async fn receive(
        self: &Arc<Self>,
        view: &Arc<View>,
        from: &Caller,
        parcels: &[Parcel],
    ) -> Reply {
        let mut newest = 0;
        for parcel in parcels {
            match self.file(view, from, parcel).await {
                Ok(version) => newest = newest.max(version.unwrap_or_default()),
                Err(unavailable) => {
                    tracing::debug!(%unavailable, "a session that was handed over is not taken");
                    return Reply::Retry { after: self.setup.settings.beacon };
                }
            }
        }
        match self.setup.store.durable(newest).await {
            Ok(()) => Reply::Pushed,
            Err(_) => Reply::Unavailable,
        }
    }

    /// The version that must be durable, if the parcel was of any use.
    async fn file(
        self: &Arc<Self>,
        view: &Arc<View>,
        from: &Caller,
        parcel: &Parcel,
    ) -> Result<Option<u64>, Unavailable> {
        let hash = key_hash(parcel.key());
        let caller = view.member(&from.name);
        let from_a_source = || view.placement.sources(hash).ask.iter().any(|source| Some(*source) == caller);
        if matches!(parcel, Parcel::Row(_)) && view.was_answered(hash) && from_a_source() {
            // What it has was taken into account when it was asked. If nothing of that is left here, it was removed.
            return self.setup.store.outlives(view.epoch(), parcel);
        }
        let first = match view.whose(hash) {
            Whose::Other(_) => return Err(Unavailable::Moved),
            Whose::Mine { .. } | Whose::NotYet => false,
            Whose::Ask(earlier) => {
                let only_the_caller = earlier.iter().all(|source| Some(*source) == caller);
                if !only_the_caller && let Parcel::Row(row) = parcel {
                    // Another earlier owner may have a newer one. Having asked everybody, there is no doubt left.
                    self.pull(view, row.content.key(), earlier).await.map_err(|_| Unavailable::Moved)?;
                }
                only_the_caller
            }
        };
        let admitted = self.setup.store.admit(view.epoch(), parcel, first).await?;
        if first {
            view.answered(hash);
        }
        Ok(admitted.version)
    }
}
