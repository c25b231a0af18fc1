//! What a node says about itself when the operator asks.

use serde::{Deserialize, Serialize};

use crate::BackingMode;

/// Header of `PUT /ring`: the HMAC-SHA256 of the body under the key that the nodes share, in hexadecimal.
pub const RING_SIGNATURE: &str = "cloakroom-signature";

/// The answer to `GET /status` on the admin port, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeReport {
    /// Release of the node.
    pub version: String,
    /// Where it is in its life.
    pub phase: NodePhase,
    /// Sessions that it holds; absent while it is still counting them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<u64>,
    /// Where it stands in its cluster; absent for a node that is alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ring: Option<RingReport>,
    /// Its data directory's volume; absent while it could not be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<VolumeReport>,
    /// How it stands with its backing store; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backing: Option<BackingReport>,
    /// The other data centres that share its sessions, in the order of its configuration; without those of which it knows
    /// nothing yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data_centres: Vec<DataCentreReport>,
}

/// What a node says of the ring and of its part in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RingReport {
    /// Epoch of the ring that it acts on; 0 before the first.
    pub epoch: u64,
    /// The last epoch at which it held no session of another node any more.
    pub settled: u64,
    /// Sessions that it still has to hand over.
    pub moving: u64,
    /// Random number of this process, as hexadecimal: another one after each start.
    pub incarnation: String,
    /// Members that have not answered it lately.
    pub silent: Vec<Silent>,
}

/// A member that does not answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Silent {
    /// Its name in the ring.
    pub name: String,
    /// For how long, in milliseconds.
    pub for_millis: u64,
}

/// Room on a node's volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeReport {
    /// Bytes of sessions that are alive.
    pub used_bytes: u64,
    /// Bytes that could still be written.
    pub free_bytes: u64,
}

/// How a node stands with its backing store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackingReport {
    /// What people call the engine: `Redis`, `PostgreSQL`.
    pub engine: String,
    /// When changes reach it.
    pub mode: BackingMode,
    /// Whether the engine answered when it was last asked, and takes writes.
    pub reachable: bool,
    /// Whether requests are answered before the engine has them although it should be written first.
    pub degraded: bool,
    /// Seconds for which `reachable` and `degraded` have been so.
    pub since_seconds: u64,
    /// Why the engine cannot be used, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Sessions with changes that the engine does not have yet.
    pub unflushed: u64,
    /// Age of the oldest of these changes, in seconds; 0 without any.
    pub oldest_unflushed_seconds: u64,
    /// Answered changes that newer ones by other nodes made void, since the process started.
    pub lost_updates: u64,
    /// The highest epoch of a ring that this node met in the engine, if that is above its own ring's; else 0.
    pub epoch_seen: u64,
}

/// How a node stands with another data centre.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataCentreReport {
    /// Its name.
    pub name: String,
    /// Whether sessions that live there are asked for there. If not, this node takes over those that it is asked for.
    pub reachable: bool,
    /// Seconds for which that has been so.
    pub since_seconds: u64,
    /// Why it did not answer when it was last asked, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A stretch of a node's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NodePhase {
    /// Not serving yet.
    Starting,
    /// Could serve, and waits for a ring that names it.
    Joining,
    /// Serving.
    Ready,
    /// Serving those who still come, while everybody is told to go elsewhere.
    Draining,
    /// Its main task has ended.
    Ended,
}
