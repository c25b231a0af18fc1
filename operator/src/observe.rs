//! Step 1: reads everything that a decision may look at. All or nothing: half a view could be taken for the
//! absence of the other half.

use cloakroom_crds::SessionCluster;
use futures_util::try_join;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kube::ResourceExt as _;

use crate::{
    api::{ApiError, Objects, typed},
    clock,
    context::Context,
    kind::Kind,
    labels,
    live::Live,
    memory::Memory,
    names,
    nodes::nodes,
    observed::Observed,
};

/// What was read: as decisions see it, and as it will be compared and written.
pub(crate) struct Observation {
    pub(crate) observed: Observed,
    pub(crate) live: Live,
}

/// Reads the cluster's objects, pods and claims from the API server, and asks its ready nodes.
///
/// # Errors
/// Whatever could not be read from the API server. Nodes that do not answer are no error.
pub(crate) async fn observe(
    context: &Context,
    objects: Objects<'_>,
    cluster: &SessionCluster,
    memory: &mut Memory,
) -> Result<Observation, ApiError> {
    let name = cluster.name_any();
    let selector = labels::selector_text(&name);
    let monitoring = context.discovery.monitoring().await?;
    let (live, pods, claims) = try_join!(
        Live::read(objects, &name, monitoring),
        objects.list::<Pod>(Kind::Pod, &selector),
        objects.list::<PersistentVolumeClaim>(Kind::PersistentVolumeClaim, &selector),
    )?;
    let reports = context.asker.ask(&nodes(&name, &pods), &mut memory.reports, clock::monotonic()).await;
    let config_map = |name: String| live.own(Kind::ConfigMap, &name, cluster).map(typed).transpose();
    let observed = Observed {
        stateful_set: live.own(Kind::StatefulSet, &name, cluster).map(typed).transpose()?,
        node_config: config_map(names::node_config(&name))?,
        // A former cluster's epoch is none of this one's.
        ring: config_map(names::ring(&name))?,
        pods,
        claims,
        reports,
        strangers: live.strangers(cluster),
        monitoring,
    };
    Ok(Observation { observed, live })
}
