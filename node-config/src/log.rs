//! What is logged and how it looks.

use serde::{Deserialize, Serialize};

/// The key `log`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Log {
    /// Which events are logged: a level, or levels by module (`info,cloakroom_node::disk=debug`).
    pub filter: String,
    /// How an event is written.
    pub format: LogFormat,
}

/// The look of one logged event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// A line of JSON for collectors.
    Json,
}
