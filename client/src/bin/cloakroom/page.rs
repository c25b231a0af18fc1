//! A node's list of sessions, as it sends it.

use serde::{Deserialize, Serialize};

/// The whole answer.
#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    /// Sessions that it could have listed.
    pub(crate) total: u64,
    /// Why some of its share may be missing.
    pub(crate) partial: Option<String>,
    pub(crate) sessions: Vec<Row>,
}

/// One session.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row {
    /// Stands for the id; the same at all nodes of a cluster.
    pub(crate) hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) app: Option<String>,
    /// Only if ids were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    pub(crate) bytes: u64,
    pub(crate) timeout_minutes: u32,
    pub(crate) remaining_seconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lock: Option<Lock>,
}

/// Its lock.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Lock {
    pub(crate) age_seconds: u64,
    /// Only if ids were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cookie: Option<i32>,
}
