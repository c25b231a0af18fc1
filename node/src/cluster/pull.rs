//! Taking a session from those who owned it before.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_ring::key_hash;
use futures_util::future::join_all;

use super::Cluster;
use super::view::View;
use crate::guard::{Guard, stands};
use crate::peers::{Answered, Ask, Question, Reply};
use crate::store::{Held, Parcel, Stored};

/// As long as a write is held; a large session on a slow link takes a while.
const PATIENCE: Duration = Duration::from_secs(8);

/// Not everybody who may have the session could be asked, so nothing is known about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unasked;

impl Cluster {
    /// Asks `earlier` (members by index) for the session and files the newest that they have. Once for all who want
    /// the session; when it returns well, the caller looks again.
    pub(super) async fn pull(
        self: &Arc<Self>,
        view: &Arc<View>,
        key: &[u8],
        earlier: Vec<usize>,
    ) -> Result<(), Unasked> {
        let hash = key_hash(key);
        if let Some(landed) = self.pulls.join(hash) {
            // However it went: the caller looks.
            drop(landed.await);
            return Ok(());
        }
        let (cluster, view, key) = (Arc::clone(self), Arc::clone(view), key.to_vec());
        // A task of its own: it goes on for the others when this client leaves.
        let pulling = tokio::spawn(async move {
            let _landing = cluster.pulls.landing(hash);
            cluster.take(&view, &key, earlier).await
        });
        pulling.await.unwrap_or(Err(Unasked))
    }

    async fn take(self: &Arc<Self>, view: &View, key: &[u8], earlier: Vec<usize>) -> Result<(), Unasked> {
        let epoch = view.epoch();
        let asked = earlier.into_iter().map(|index| {
            let member = &view.placement.ring().members[index];
            let question = Question { epoch, ask: Ask::Take { key: key.to_vec().into() } };
            async move { (member, self.setup.peers.ask(member, question, PATIENCE).await) }
        });
        let mut found = Vec::new();
        for (member, answered) in join_all(asked).await {
            match answered {
                Ok(Answered { reply: Reply::Held(held), .. }) => {
                    found.extend(parcel(key, held));
                }
                Ok(answered) => {
                    self.learn(member, answered).await;
                    return Err(Unasked);
                }
                Err(_) => return Err(Unasked),
            }
        }
        self.setup.metrics.sessions_pulled.inc();
        if let Some(parcel) = found.into_iter().max_by(newer) {
            self.setup.store.admit(epoch, &parcel, true).await.map_err(|_| Unasked)?;
        }
        view.answered(key_hash(key));
        Ok(())
    }
}

fn parcel(key: &[u8], held: Held) -> Option<Parcel> {
    match held {
        Held::Row(row) => Some(Parcel::Row(row)),
        Held::Tombstone { epoch } if stands(Guard::KeepTombstones) => {
            Some(Parcel::Tombstone { key: Stored::new(key, &[]), epoch, age: Duration::ZERO })
        }
        Held::Tombstone { .. } | Held::Nothing => None,
    }
}

/// By epoch; a session is removed after its last change, so of one epoch the removal is newer.
fn newer(left: &Parcel, right: &Parcel) -> Ordering {
    let rank = |parcel: &Parcel| match parcel {
        Parcel::Row(row) => (row.epoch, 0),
        Parcel::Tombstone { epoch, .. } => (*epoch, 1),
    };
    rank(left).cmp(&rank(right))
}
