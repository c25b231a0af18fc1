//! Encryption between clients and nodes. The original service has none, so its clients go on without.

use std::{net::SocketAddr, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::defaults::state_tls_listen;

/// The key `stateTls`: with it a second port serves sessions over TLS 1.3 or 1.2. The files are read again when they
/// change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StateTls {
    /// The port for encrypted connections; the state port stays as it is.
    #[serde(default = "state_tls_listen")]
    pub listen: SocketAddr,
    /// The certificate that clients are shown and what leads to its authority, PEM.
    pub cert_file: PathBuf,
    /// Its private key, PEM.
    pub key_file: PathBuf,
    /// The authority that signs the certificates of clients, PEM: with it whoever has none is turned away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}
