//! The whole configuration of one node.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{Acknowledge, BackingStore, DataCentre, HandOff, Journal, Limits, Log, PeerTls, StateTls};

/// Everything that can be said about one node. Build it from [`NodeConfig::default`] or
/// [`NodeConfig::from_yaml`], then ask [`NodeConfig::validate`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct NodeConfig {
    /// Where sessions are kept; made if absent.
    pub data_dir: PathBuf,
    /// The state port: ASP.NET applications connect here.
    pub state_listen: SocketAddr,
    /// Encrypted connections of clients; none if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_tls: Option<StateTls>,
    /// The admin port: probes, metrics, configuration.
    pub admin_listen: SocketAddr,
    /// The peer port: the other nodes of the cluster connect here. Open only with `ring_file`.
    pub peer_listen: SocketAddr,
    /// The ring as JSON, read again when it changes; the node is alone if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ring_file: Option<PathBuf>,
    /// Name of this node in the ring; the machine's host name if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_name: Option<String>,
    /// File with the secret that all nodes of the cluster and its operator share; only loopback peers without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_key_file: Option<PathBuf>,
    /// Certificates of the peer port; plain TCP if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_tls: Option<PeerTls>,
    /// How fast sessions move to other nodes.
    pub hand_off: HandOff,
    /// The engine behind the nodes; none if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backing_store: Option<BackingStore>,
    /// The data centre and the others that share its sessions; no sharing if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_centre: Option<DataCentre>,
    /// Allows a state port that other machines reach. The protocol knows neither passwords nor encryption.
    pub allow_plaintext: bool,
    /// When a write is answered.
    pub acknowledge: Acknowledge,
    /// How long a change that nobody waits for may wait for the disk: every write when answered from memory,
    /// locks and renewals always.
    #[serde(with = "crate::span")]
    pub commit_window: Duration,
    /// Bytes of memory for sessions served without the disk.
    #[serde(with = "crate::size")]
    pub hot_tier: u64,
    /// Bounds on clients and sessions.
    pub limits: Limits,
    /// How the disk tier writes.
    pub journal: Journal,
    /// Sent to clients as `X-AspNet-Version`.
    pub aspnet_version: String,
    /// Whether the status line begins with `HTTP/1.1`; the original service sends it bare.
    pub http_status_prefix: bool,
    /// How long a node that was asked to drain serves on before it says that it has: those who route clients
    /// to it learn of it late.
    #[serde(with = "crate::span")]
    pub drain_settle: Duration,
    /// How long a stopping node lets open requests finish.
    #[serde(with = "crate::span")]
    pub drain_timeout: Duration,
    /// Starts on a damaged data directory, dropping and counting what cannot be read.
    pub salvage: bool,
    /// What is logged and how it looks.
    pub log: Log,
}
