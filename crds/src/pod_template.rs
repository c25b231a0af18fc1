//! What people may change about the nodes' pods.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Affinity, LocalObjectReference, ResourceRequirements, Toleration, TopologySpreadConstraint,
};
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::{defaults, rules};

/// What is changed about the pods of the nodes. A change here restarts the nodes, one after the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodTemplate {
    /// Labels of the pods, beside the operator's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = rules::KEYS_MAX, "additionalProperties" = rules::label_value()))]
    #[x_kube(validation = rules::OPERATOR_KEYS)]
    #[x_kube(validation = rules::KEYS_ARE_NAMES)]
    #[x_kube(validation = rules::VALUES_ARE_LABELS)]
    pub labels: BTreeMap<String, String>,
    /// Annotations of the pods, beside the operator's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = rules::KEYS_MAX))]
    #[x_kube(validation = rules::OPERATOR_KEYS)]
    #[x_kube(validation = rules::KEYS_ARE_NAMES)]
    pub annotations: BTreeMap<String, String>,
    /// CPU and memory of the node's container. The memory limit must hold hotTier.size and 192Mi more.
    #[serde(default = "defaults::resources")]
    #[x_kube(validation = rules::MEMORY_LIMIT_IS_AN_AMOUNT)]
    pub resources: ResourceRequirements,
    /// Secrets of this namespace for pulling the image, as in a pod: [{name: registry}].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10))]
    pub image_pull_secrets: Vec<LocalObjectReference>,
    /// Labels that a machine must have for a node to run there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = rules::KEYS_MAX, "additionalProperties" = rules::label_value()))]
    #[x_kube(validation = rules::KEYS_ARE_NAMES)]
    #[x_kube(validation = rules::VALUES_ARE_LABELS)]
    pub node_selector: BTreeMap<String, String>,
    /// Taints that the pods put up with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub tolerations: Vec<Toleration>,
    /// Where pods may or would rather run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub affinity: Option<Affinity>,
    /// How pods spread; if absent, over machines as evenly as they can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub topology_spread_constraints: Option<Vec<TopologySpreadConstraint>>,
}
