//! The volume of each node.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::{defaults, rules};

/// One volume for each node; it holds the truth about the node's sessions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::from(rules::STORAGE_CLASS_IMMUTABLE).field_path(".storageClassName"))]
pub struct Storage {
    /// Size of each volume, for example 20Gi. It may grow and never shrinks.
    #[serde(default = "defaults::storage_size")]
    #[x_kube(validation = rules::AMOUNT)]
    #[x_kube(validation = rules::STORAGE_MINIMUM)]
    #[x_kube(validation = rules::STORAGE_NEVER_SHRINKS)]
    pub size: Quantity,
    /// StorageClass of the volumes; if absent, the default of the Kubernetes cluster. It cannot be changed later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class_name: Option<String>,
    /// Whether the volumes, and the sessions on them, stay when the SessionCluster is deleted.
    #[serde(default = "defaults::retain")]
    pub retain: bool,
}
