//! What a node says about itself when the operator asks.

use serde::{Deserialize, Serialize};

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
}

/// A stretch of a node's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NodePhase {
    /// Not serving yet.
    Starting,
    /// Serving.
    Ready,
    /// Serving those who still come, while everybody is told to go elsewhere.
    Draining,
    /// Its main task has ended.
    Ended,
}
