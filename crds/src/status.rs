//! What the operator says about a cluster.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::BackingStoreMode;

/// What was last observed. What could not be observed is absent, or a condition that is `Unknown`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionClusterStatus {
    /// Generation of the resource that this status speaks about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Pods that exist.
    #[serde(default)]
    pub replicas: i32,
    /// Pods that serve sessions.
    #[serde(default)]
    pub ready_replicas: i32,
    /// Label selector of the pods, for the scale subresource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
    /// Sessions alive on all nodes; absent unless every ready node could be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<i64>,
    /// Epoch of the ring that is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<i64>,
    /// Who the members of the ring are and how far each has come; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ring: Option<RingStatus>,
    /// The backing store that the nodes were last told to use; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backing_store: Option<BackingStoreStatus>,
    /// The keys of the location cookie; absent where somebody else keeps them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location_keys: Option<LocationKeysStatus>,
    /// The nodes that serve sessions now, in the order of their names.
    #[serde(default)]
    pub endpoints: Vec<Endpoint>,
    /// Ready, Progressing, Degraded, Paused, StorageReady, BackingStoreReachable where there is a backing store, and
    /// PeersReachable where there are other data centres.
    #[serde(default)]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

/// The backing store in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackingStoreStatus {
    /// When changes reach it.
    pub mode: BackingStoreMode,
    /// What the keys there begin with; absent if that is namespace and name of this SessionCluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_prefix: Option<String>,
}

/// The keys of the location cookie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LocationKeysStatus {
    /// Name of their Secret.
    pub secret_name: String,
    /// Number of the newest key.
    pub newest: i64,
    /// From when on it seals.
    pub seals_from: Time,
}

/// A node that serves sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Name of its pod.
    pub node: String,
    /// IP address and state port, for example `10.0.0.7:42424`.
    pub address: String,
}

/// The ring that is published, and what its members made of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RingStatus {
    /// Its number.
    pub epoch: i64,
    /// Whether every session is where this ring wants it.
    pub settled: bool,
    /// In the order of their numbers.
    pub members: Vec<RingMember>,
}

/// A member of the ring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RingMember {
    /// Name of its pod.
    pub name: String,
    /// What it is there for.
    pub state: RingMemberState,
    /// Epoch of the ring that it acts on; absent if it never said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<i64>,
    /// Whether it has handed over all that is another member's in this ring.
    pub settled: bool,
    /// Sessions that it still has to hand over; absent if it never said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moving: Option<i64>,
}

/// What a member of the ring is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RingMemberState {
    /// It owns its share of the sessions.
    Active,
    /// It hands its sessions over, and goes.
    Draining,
}

/// The types of [`SessionClusterStatus::conditions`].
pub mod condition {
    /// As many nodes serve as are wanted.
    pub const READY: &str = "Ready";
    /// The operator or Kubernetes is bringing the cluster to its spec.
    pub const PROGRESSING: &str = "Progressing";
    /// Something is wrong that needs a person, and the message says what to do.
    pub const DEGRADED: &str = "Degraded";
    /// Reconciliation is switched off by `spec.paused`.
    pub const PAUSED: &str = "Paused";
    /// Every volume has the size that is asked for.
    pub const STORAGE_READY: &str = "StorageReady";
    /// Every node that could be asked reaches the backing store.
    pub const BACKING_STORE_REACHABLE: &str = "BackingStoreReachable";
    /// Every node that could be asked reaches the other data centres.
    pub const PEERS_REACHABLE: &str = "PeersReachable";
}
