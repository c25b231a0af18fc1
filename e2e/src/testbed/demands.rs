//! What a test asks of a SessionCluster: its spec, and the state that it waits for.

use cloakroom_crds::SessionCluster;
use serde_json::{Value, json};

/// A spec of `replicas` nodes that many tests can run beside each other.
pub fn small(replicas: i32) -> Value {
    json!({
        "replicas": replicas,
        "hotTier": { "size": "16Mi" },
        "storage": { "size": "1Gi", "retain": false },
        "podTemplate": { "resources": {
            "requests": { "cpu": "10m", "memory": "64Mi" },
            "limits": { "memory": "256Mi" },
        }},
    })
}

/// `cluster` has `nodes` nodes that serve, wants no other number, and the operator has said so about this very spec.
pub fn ready(nodes: i32) -> impl Fn(&SessionCluster) -> bool {
    move |cluster| {
        let Some(status) = &cluster.status else { return false };
        status.observed_generation == cluster.metadata.generation
            && status.ready_replicas == nodes
            && status.replicas == nodes
            && status.endpoints.len() == usize::try_from(nodes).expect("small")
            && (nodes == 0 || condition("Ready", "True")(cluster))
    }
}

/// The operator has looked at the spec as it is now, and nothing is under way.
pub fn converged(cluster: &SessionCluster) -> bool {
    let observed = cluster.status.as_ref().and_then(|status| status.observed_generation);
    observed == cluster.metadata.generation && condition("Progressing", "False")(cluster)
}

/// The condition `kind` has `status`.
pub fn condition(kind: &'static str, status: &'static str) -> impl Fn(&SessionCluster) -> bool {
    move |cluster| {
        let conditions = cluster.status.iter().flat_map(|status| &status.conditions);
        conditions.into_iter().any(|found| found.type_ == kind && found.status == status)
    }
}
