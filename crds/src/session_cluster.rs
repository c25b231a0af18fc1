//! The spec that people write.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Acknowledge, BackingStore, DataCentre, LocationKeys, Monitoring, Peer, PodTemplate, SessionClusterStatus,
    State, Storage, defaults, rules,
};

/// A group of session nodes that keep the sessions of web applications, in memory and on disk.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "cloakroom.dev",
    version = "v1alpha1",
    kind = "SessionCluster",
    plural = "sessionclusters",
    namespaced,
    derive = "PartialEq",
    status = "SessionClusterStatus",
    shortname = "sc",
    // `sc` alone is StorageClass, a built-in that wins; ours answers to `sc.cloakroom.dev`, hence one more.
    shortname = "scl",
    category = "sessions",
    scale(
        spec_replicas_path = ".spec.replicas",
        status_replicas_path = ".status.replicas",
        label_selector_path = ".status.selector"
    ),
    printcolumn(
        name = "Ready",
        type_ = "integer",
        json_path = ".status.readyReplicas",
        description = "Nodes that serve sessions"
    ),
    printcolumn(
        name = "Desired",
        type_ = "integer",
        json_path = ".spec.replicas",
        description = "Nodes that are wanted"
    ),
    printcolumn(
        name = "Sessions",
        type_ = "integer",
        json_path = ".status.sessions",
        description = "Sessions alive on the nodes that answered"
    ),
    printcolumn(
        name = "Epoch",
        type_ = "integer",
        json_path = ".status.epoch",
        description = "Number of the ring of members in force"
    ),
    printcolumn(
        name = "Settled",
        type_ = "boolean",
        json_path = ".status.ring.settled",
        description = "Whether every session is where that ring wants it",
        priority = 1
    ),
    printcolumn(
        name = "Backing",
        type_ = "string",
        json_path = ".status.backingStore.mode",
        description = "When changes reach the backing store",
        priority = 1
    ),
    printcolumn(
        name = "Data centre",
        type_ = "string",
        json_path = ".spec.dataCentre.name",
        description = "Which data centre of its group it is",
        priority = 1
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    doc = "A group of session nodes that keep the sessions of web applications, in memory and on disk.",
    validation = rules::NAME_LENGTH,
    validation = rules::NAME_OF_A_SERVICE
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::from(rules::HOT_TIER_FITS).field_path(".hotTier.size"))]
#[x_kube(validation = Rule::from(rules::DATA_CENTRE_WRITES_THROUGH).field_path(".dataCentre"))]
#[x_kube(validation = Rule::from(rules::PEERS_NEED_A_DATA_CENTRE).field_path(".peers"))]
#[x_kube(validation = Rule::from(rules::PEERS_ARE_OTHERS).field_path(".peers"))]
pub struct SessionClusterSpec {
    /// How many nodes run; 0 hibernates: no node runs, the volumes and their sessions stay.
    #[serde(default = "defaults::replicas")]
    #[schemars(range(min = 0, max = 100))]
    pub replicas: i32,
    /// Image of the nodes. If absent, the one that the operator was told to use, which is that of its own release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    #[x_kube(validation = rules::IMAGE)]
    pub image: Option<String>,
    /// When a write is answered. Disk: once it is on the node's volume, so a kill or a power cut loses nothing that was
    /// answered. Memory: once it is in memory, so a kill can lose the last 100 ms.
    #[serde(default)]
    pub acknowledge: Acknowledge,
    /// Sessions kept in memory, in front of those on the volume.
    #[serde(default)]
    pub hot_tier: HotTier,
    /// The volume of each node.
    #[serde(default)]
    pub storage: Storage,
    /// Where applications connect and who may.
    #[serde(default)]
    pub state: State,
    /// A database behind the nodes that outlives them; if absent, sessions are on the nodes' volumes alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backing_store: Option<BackingStore>,
    /// What this SessionCluster is among several that share sessions through one backing store, so that sessions outlive the loss
    /// of a whole data centre; if absent, it is on its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_centre: Option<DataCentre>,
    /// The other data centres. A change restarts the nodes, one after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(validation = rules::PEERS_ARE_DISTINCT)]
    pub peers: Vec<Peer>,
    /// Keys of the cookie by which the client library finds where a session lives.
    #[serde(default)]
    pub location_keys: LocationKeys,
    /// Certificates by which nodes know and encrypt what they tell each other. Without them they prove themselves to each other
    /// by a shared secret, and sessions cross the network between them as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// A ServiceMonitor and a PrometheusRule, made where the cluster knows these resources.
    #[serde(default)]
    pub monitoring: Monitoring,
    /// While true the operator changes nothing about this cluster; its nodes go on serving.
    #[serde(default)]
    pub paused: bool,
    /// What is changed about the pods of the nodes. A change here restarts the nodes, one after the other.
    #[serde(default)]
    pub pod_template: PodTemplate,
}

/// Sessions kept in memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct HotTier {
    /// Memory of each node for sessions served without the disk, for example 512Mi. The memory limit of the pods must hold
    /// it and 192Mi more.
    #[serde(default = "defaults::hot_tier_size")]
    #[x_kube(validation = rules::AMOUNT)]
    #[x_kube(validation = rules::HOT_TIER_MINIMUM)]
    pub size: Quantity,
}

/// Certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tls {
    /// Name of the Secret with `tls.crt`, `tls.key` and `ca.crt`, which every node of the cluster uses. A renewed certificate is
    /// taken up without a restart.
    #[schemars(length(min = 1, max = 253))]
    pub secret_name: String,
}
