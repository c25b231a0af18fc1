//! What an answered write has survived.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When a write is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Acknowledge {
    /// Once it is on the node's volume: a kill or a power cut loses nothing that was answered.
    #[default]
    Disk,
    /// Once it is in memory: a kill can lose the last 100 ms.
    Memory,
}
