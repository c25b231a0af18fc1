//! The engine behind the nodes. The shape is settled, the nodes cannot use it yet, and `rules.rs` says so.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A database behind the nodes that outlives them. Exactly one engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackingStore {
    /// When a write reaches the engine.
    pub mode: BackingStoreMode,
    /// Redis or Valkey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redis: Option<Engine>,
    /// PostgreSQL, or an engine that speaks its protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postgres: Option<Engine>,
}

/// When a write reaches the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum BackingStoreMode {
    /// Within a second after the answer.
    WriteBehind,
    /// Before the answer.
    WriteThrough,
}

/// How to reach an engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Engine {
    /// Name of the Secret that holds the address and the credentials.
    pub secret_name: String,
}
