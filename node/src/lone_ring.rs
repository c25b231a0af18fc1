//! The ring of a node that is alone with a backing store: it writes it itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_ring::{Member, Ring, State};
use tokio_util::sync::CancellationToken;

use crate::cluster::{Cluster, Refused};

/// How often it is looked, should nothing tell that something changed.
const LOOK: Duration = Duration::from_secs(1);

/// Sees to it that a ring with this node alone is in force, and that the backing store knows of no later one: of a former
/// life of the node, whose volume is gone.
///
/// # Errors
/// [`Refused`]: the node's name is none, or its volume takes nothing.
pub(crate) async fn ensure(cluster: &Arc<Cluster>, name: &str, address: SocketAddr) -> Result<(), Refused> {
    let met = cluster.backing().map_or(0, |backing| backing.epoch_seen);
    let mine = |ring: &Ring| ring.members.len() == 1 && ring.members[0].name == name;
    if cluster.ring().is_some_and(|ring| mine(&ring)) && cluster.epoch() >= met {
        return Ok(());
    }
    let member = Member {
        name: name.to_owned(),
        pod_uid: String::new(),
        address,
        clients: None,
        state: State::Active,
    };
    let ring = Ring {
        cluster: format!("alone:{name}"),
        epoch: cluster.epoch().max(met) + 1,
        members: vec![member],
        unsettled: Vec::new(),
        // Then it remembers sessions that this node does not.
        lossy: met > 0 || cluster.ring().is_some_and(|ring| ring.lossy),
    };
    cluster.adopt(&ring).await
}

/// The same again whenever something changes, until `stop`.
pub(crate) async fn keep(cluster: Arc<Cluster>, name: String, address: SocketAddr, stop: CancellationToken) {
    let mut changes = cluster.changes();
    let keeping = async {
        loop {
            changes.mark_unchanged();
            if let Err(refused) = ensure(&cluster, &name, address).await {
                tracing::error!(%refused, "cannot serve");
            }
            drop(tokio::time::timeout(LOOK, changes.changed()).await);
        }
    };
    stop.run_until_cancelled(keeping).await;
}
