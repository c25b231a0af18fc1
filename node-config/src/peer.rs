//! What a node of a cluster needs besides its own: certificates for the links to the others, and bounds on moving
//! sessions.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The key `peerTls`: with it the peer port speaks TLS only and both sides show a certificate of the same authority.
/// The files are read again when they change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PeerTls {
    /// This node's certificate and what leads to the authority, PEM.
    pub cert_file: PathBuf,
    /// Its private key, PEM.
    pub key_file: PathBuf,
    /// The authority that signs the certificates of all nodes, PEM.
    pub ca_file: PathBuf,
}

/// The key `handOff`: how fast sessions move to other nodes when the ring changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct HandOff {
    /// The most that this node sends in a second in the background. What a client asks for moves at once.
    #[serde(with = "crate::size")]
    pub bytes_per_second: u64,
    /// Sessions on their way that were not confirmed yet, all receivers together.
    #[serde(with = "crate::size")]
    pub in_flight_bytes: u64,
}
