//! Step 2: publishes the ring, counts and tells what is new about it, and brings it to the nodes.

use cloakroom_crds::SessionCluster;
use k8s_openapi::api::core::v1::ConfigMap;

use crate::{
    api::{ApiError, Objects},
    apply::Applier,
    build::{self, Facts, Publication, Why, ring_of},
    context::Context,
    farewell::Farewell,
    memory::Memory,
    notes::Change,
    observe::Observation,
    push,
};

/// Publishes the ring and who serves, before anything that could be refused, and tells the nodes.
///
/// # Errors
/// The ring could not be written. Nodes that do not take it are no error: they are told again.
pub(crate) async fn publish(
    context: &Context,
    objects: Objects<'_>,
    cluster: &SessionCluster,
    observation: &mut Observation,
    memory: &mut Memory,
    changes: &mut Vec<Change>,
) -> Result<(), ApiError> {
    let Observation { observed, live } = observation;
    if let Some(Publication { object, why }) = build::ring(cluster, observed) {
        let applier = Applier { objects, live, sent: &mut memory.sent, changes };
        let object = applier.publish(object).await?;
        announce(&object, &why, context, memory, changes);
        observed.ring = Some(object);
    }
    let ring = observed.ring.as_ref().and_then(ring_of);
    let facts = Facts::new(cluster, observed);
    memory.pause = build::pause(ring.as_ref(), &facts, observed.standstill);
    if let (Some(ring), Some(Ok(key))) = (ring, &observed.peer_key) {
        push::push(context.asker.http(), key, &ring, push::behind(&ring, &facts)).await;
        let nodes = facts.nodes.iter().filter_map(|node| Some((node.name.clone(), node.ip?))).collect();
        memory.farewell = Some(Farewell { ring, key: key.clone(), nodes });
    }
    Ok(())
}

/// A new ring is counted, remembered and told of.
fn announce(
    published: &ConfigMap,
    why: &[Why],
    context: &Context,
    memory: &mut Memory,
    changes: &mut Vec<Change>,
) {
    let Some(ring) = ring_of(published).filter(|_| !why.is_empty()) else { return };
    context.metrics.published_ring();
    for why in why {
        match why {
            Why::Excluded { name, sessions } => {
                context.metrics.excluded(sessions.unwrap_or(0));
                memory.hearing.excluded(name);
            }
            Why::Replaced(name) => {
                context.metrics.excluded(0);
                memory.hearing.excluded(name);
            }
            Why::Emptied { .. } => context.metrics.emptied(),
            Why::Joins(name) => memory.hearing.admitted(name),
            _ => {}
        }
    }
    let bad = why.iter().any(Why::is_bad);
    changes.push(Change::Ring { epoch: ring.epoch, why: why.iter().map(Why::to_string).collect(), bad });
}

#[cfg(test)]
mod tests;
