//! What an answered write has survived.

use serde::{Deserialize, Serialize};

/// When a write is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Acknowledge {
    /// Once it is on disk: a kill or a power cut loses nothing that was answered.
    Disk,
    /// Once it is in memory: a kill can lose the last [`crate::NodeConfig::commit_window`].
    Memory,
}
