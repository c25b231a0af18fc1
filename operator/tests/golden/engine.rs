//! What nodes say of their backing store, in short.

use cloakroom_node_config::{BackingMode, BackingReport};
use serde::Deserialize;

/// Reached and up to date unless something else is said.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct EngineInShort {
    mode: BackingMode,
    /// It cannot be used, because of this.
    problem: Option<String>,
    #[serde(default)]
    degraded: bool,
    /// For so many seconds.
    #[serde(default)]
    lasting: u64,
    /// The epoch of a former cluster that it remembers.
    #[serde(default)]
    epoch_seen: u64,
}

impl EngineInShort {
    pub(crate) fn report(&self) -> BackingReport {
        BackingReport {
            engine: "Redis".to_owned(),
            mode: self.mode,
            reachable: self.problem.is_none(),
            degraded: self.degraded,
            since_seconds: self.lasting,
            problem: self.problem.clone(),
            unflushed: 0,
            oldest_unflushed_seconds: 0,
            lost_updates: 0,
            epoch_seen: self.epoch_seen,
        }
    }
}
