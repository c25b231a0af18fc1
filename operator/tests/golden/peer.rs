//! What nodes say of another data centre, in short.

use cloakroom_node_config::DataCentreReport;
use serde::Deserialize;

/// Reached unless something else is said.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeerInShort {
    name: String,
    /// It is not reached, because of this.
    problem: Option<String>,
}

impl PeerInShort {
    pub(crate) fn report(&self) -> DataCentreReport {
        DataCentreReport {
            name: self.name.clone(),
            reachable: self.problem.is_none(),
            since_seconds: 42,
            problem: self.problem.clone(),
        }
    }
}
