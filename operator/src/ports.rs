//! The ports of a node; the state port is the resource's to choose.

/// Name of the state port in pods and Services.
pub const STATE: &str = "state";
/// Name of the admin port in pods and Services.
pub const ADMIN: &str = "admin";
/// Probes, metrics, and what the operator asks.
pub const ADMIN_PORT: u16 = 9_424;
/// Name of the peer port in pods and Services.
pub const PEERS: &str = "peers";
/// Where nodes talk to each other.
pub const PEERS_PORT: u16 = 42_425;
/// Name of the gateway port in pods and Services.
pub const GATEWAY: &str = "gateway";
/// Where nodes of other data centres connect.
pub const GATEWAY_PORT: u16 = 42_426;
/// Name of the port for TLS in pods and Services.
pub const STATE_TLS: &str = "state-tls";
/// Where clients connect that speak TLS.
pub const STATE_TLS_PORT: u16 = 42_443;
