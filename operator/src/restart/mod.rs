//! When pods may restart, and why they do.
//!
//! Nodes follow the resource, not the operator: a newer operator may render the same spec differently, and that
//! must restart nobody, nor give an older node a configuration that only a newer one understands. So what was
//! rendered is kept on the StatefulSet, together with a hash of the part of the spec that it was rendered from,
//! and is applied again as long as that hash stays. Since it is the rendering that is kept and not the live
//! object, what somebody changed by hand is put right all the same.
//!
//! It is lost with the StatefulSet: one that somebody deletes, or whose re-creation (`recreate.rs`) is interrupted in
//! the middle, is rendered anew, and if this operator renders otherwise than the last, that restarts the nodes.

mod why;

use std::{collections::BTreeMap, time::Duration};

use cloakroom_crds::{Acknowledge, BackingStore, Peer, PodTemplate, SecretReference, StateTls};
use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{Pod, PodTemplateSpec, ResourceRequirements},
};
use kube::ResourceExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use why::why;

use crate::{
    build::{self, node_config},
    labels, names, quantity,
    trouble::trouble,
    validate::ValidatedCluster,
};

/// What nodes are started from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rendering {
    /// The pod template.
    pub template: PodTemplateSpec,
    /// The nodes' configuration, as YAML.
    pub node_config: String,
}

impl Rendering {
    /// What is kept on a StatefulSet; `None` if nothing is, or nothing that this release can read.
    #[must_use]
    pub fn of(stateful_set: &StatefulSet) -> Option<Self> {
        serde_json::from_str(stateful_set.annotations().get(labels::RENDERING)?).ok()
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("objects of the API are JSON")
    }

    fn new(cluster: &ValidatedCluster, spec_hash: &str) -> Self {
        Self {
            template: build::template(cluster, spec_hash),
            node_config: node_config::settings(cluster).to_yaml(),
        }
    }

    /// The nodes' configuration under the name by which the template's pods look for it.
    pub(crate) fn node_file(&self) -> Option<(String, String)> {
        Some((node_config::file(self.spec_hash()?), self.node_config.clone()))
    }

    fn spec_hash(&self) -> Option<&str> {
        Some(self.template.metadata.as_ref()?.annotations.as_ref()?.get(labels::SPEC_HASH)?)
    }
}

/// The kept rendering while the spec calls for no restart, else a new one.
pub(crate) fn in_force(cluster: &ValidatedCluster, live: Option<&StatefulSet>) -> Rendering {
    let hash = spec_hash(cluster);
    live.and_then(Rendering::of)
        .filter(|kept| kept.spec_hash() == Some(hash.as_str()))
        .unwrap_or_else(|| Rendering::new(cluster, &hash))
}

/// Hash of what nodes must restart for. It is compared with hashes that earlier releases wrote: a new field of the
/// spec must leave it as it is while the field is not used.
fn spec_hash(cluster: &ValidatedCluster) -> String {
    #[derive(Serialize)]
    struct Restarting<'a> {
        /// As the spec says it: a new default image of the operator's restarts nobody.
        image: Option<&'a str>,
        acknowledge: Acknowledge,
        hot_tier: u64,
        state_port: u16,
        pod_template: &'a PodTemplate,
        #[serde(skip_serializing_if = "Option::is_none")]
        tls: Option<&'a str>,
        /// The Secrets by their names: what is in them is taken up without a restart.
        #[serde(skip_serializing_if = "Option::is_none")]
        backing_store: Option<&'a BackingStore>,
        #[serde(skip_serializing_if = "Option::is_none")]
        state_tls: Option<&'a StateTls>,
        #[serde(skip_serializing_if = "Option::is_none")]
        data_centre: Option<Place<'a>>,
    }
    /// Without who may reach it: that is for the Service and the NetworkPolicy.
    #[derive(Serialize)]
    struct Place<'a> {
        group: &'a str,
        name: &'a str,
        number: i32,
        key: &'a SecretReference,
        tls: Option<&'a SecretReference>,
        swing_back_after: Option<Duration>,
        peers: &'a [Peer],
    }
    // As amounts, not as they are spelt.
    let mut pod_template = cluster.spec.pod_template.clone();
    let ResourceRequirements { limits, requests, .. } = &mut pod_template.resources;
    for amount in limits.iter_mut().chain(requests).flat_map(BTreeMap::values_mut) {
        *amount = quantity::canonical(amount);
    }
    let place = cluster.spec.data_centre.as_ref().map(|data_centre| Place {
        group: &cluster.group,
        name: &data_centre.name,
        number: data_centre.number,
        key: &data_centre.gateway.key_secret,
        tls: data_centre.gateway.tls_secret.as_ref(),
        swing_back_after: cluster.swing_back_after,
        peers: &cluster.spec.peers,
    });
    let restarting = Restarting {
        image: cluster.spec.image.as_deref(),
        acknowledge: cluster.spec.acknowledge,
        hot_tier: cluster.hot_tier,
        state_port: cluster.state_port,
        pod_template: &pod_template,
        tls: cluster.spec.tls.as_ref().map(|tls| tls.secret_name.as_str()),
        backing_store: cluster.spec.backing_store.as_ref(),
        state_tls: cluster.spec.state.tls.as_ref(),
        data_centre: place,
    };
    let json = serde_json::to_vec(&restarting).expect("a spec came as JSON");
    // Eight bytes: it is compared with one other value, chosen by nobody.
    Sha256::digest(json).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Pods to delete because they block a roll-out: they were made from an earlier revision and cannot come up by
/// themselves, and Kubernetes replaces no further pod while one is not ready.
#[must_use]
pub fn stuck_pods(stateful_set: &StatefulSet, pods: &[Pod]) -> Vec<String> {
    let Some(status) = &stateful_set.status else { return Vec::new() };
    // Until it was looked at, the status speaks of the previous revision.
    if status.observed_generation != stateful_set.metadata.generation {
        return Vec::new();
    }
    let Some(wanted) = &status.update_revision else { return Vec::new() };
    let cluster = stateful_set.name_any();
    pods.iter()
        .filter(|pod| names::ordinal(&cluster, &pod.name_any()).is_some())
        .filter(|pod| pod.metadata.deletion_timestamp.is_none())
        .filter(|pod| pod.labels().get(labels::REVISION).is_some_and(|revision| revision != wanted))
        .filter(|pod| trouble(pod).is_some())
        .map(ResourceExt::name_any)
        .collect()
}

#[cfg(test)]
mod tests;
