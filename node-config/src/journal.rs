//! How the disk tier writes.

use serde::{Deserialize, Serialize};

/// The key `journal`. Sizes are in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Journal {
    /// Size of one segment file.
    #[serde(with = "crate::size")]
    pub segment_bytes: u64,
    /// Records waiting for the committer; writers beyond it wait.
    #[serde(with = "crate::size")]
    pub queue_bytes: u64,
    /// Whether bodies are compressed (lz4) when that makes them smaller.
    pub compress: bool,
    /// Bodies below this are never compressed.
    #[serde(with = "crate::size")]
    pub compress_threshold: u64,
    /// Journal written since the last checkpoint that calls for the next one; bounds what a restart replays.
    #[serde(with = "crate::size")]
    pub checkpoint_bytes: u64,
    /// The most that compaction moves in a second.
    #[serde(with = "crate::size")]
    pub compact_bytes_per_second: u64,
}
