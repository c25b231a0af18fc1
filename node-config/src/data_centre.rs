//! The data centre that a node stands in, and the others that share its sessions.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{PeerTls, defaults};

/// The key `dataCentre`: data centres whose clusters keep their sessions in one backing store, under one `keyPrefix`. A
/// session has its home in one of them, and is served there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DataCentre {
    /// What all data centres that share the sessions call themselves together.
    pub group: String,
    /// What the others call this one, a DNS label.
    pub name: String,
    /// By which sessions know it: 1 to 127, no other's in the group, and the same for ever.
    pub number: u8,
    /// The gateway port: nodes of the other data centres connect here.
    #[serde(default = "defaults::gateway_listen")]
    pub gateway_listen: SocketAddr,
    /// File with the secret that all nodes of the group share; only loopback gateways without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_key_file: Option<PathBuf>,
    /// Certificates of the gateways; plain TCP if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_tls: Option<PeerTls>,
    /// How long another data centre must have answered again before a session is taken back from it that was taken over
    /// there; it stays where it is if absent.
    #[serde(default, with = "crate::span::optional", skip_serializing_if = "Option::is_none")]
    pub swing_back_after: Option<Duration>,
    /// The other data centres of the group, at most 8.
    #[serde(default)]
    pub peers: Vec<DataCentrePeer>,
}

/// Another data centre of the group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DataCentrePeer {
    /// Its name.
    pub name: String,
    /// Its number.
    pub number: u8,
    /// `host:port` of its gateways. A name may stand for several addresses.
    pub address: String,
}
