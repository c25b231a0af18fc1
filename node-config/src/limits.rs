//! Every bound on what clients can make a node do.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The key `limits`. Sizes are in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Limits {
    /// Open connections on the state port.
    pub connections: u32,
    /// Open connections from one source address.
    pub connections_per_source: u32,
    /// Request line and headers of one request.
    #[serde(with = "crate::size")]
    pub head_bytes: u64,
    /// Body of one session.
    #[serde(with = "crate::size")]
    pub body_bytes: u64,
    /// Bodies being received, all connections together.
    #[serde(with = "crate::size")]
    pub in_flight_bytes: u64,
    /// From the first byte of a head to its last.
    #[serde(with = "crate::span")]
    pub head_timeout: Duration,
    /// The slowest that a body may arrive, on average, once 5 s have passed.
    #[serde(with = "crate::size")]
    pub body_bytes_per_second: u64,
    /// How long a peer may take nothing of an answer, or send nothing of a body.
    #[serde(with = "crate::span")]
    pub write_stall: Duration,
    /// How long a connection may be silent between requests.
    #[serde(with = "crate::span")]
    pub idle_timeout: Duration,
    /// How long a session lives that asked for no expiry (`Timeout: 0`); whole minutes.
    #[serde(with = "crate::span")]
    pub lifetime_max: Duration,
    /// What the data directory may hold; no bound but the volume's own if absent.
    #[serde(with = "crate::size::optional", skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
}
