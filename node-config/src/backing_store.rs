//! The engine behind the node that outlives it, how to reach it, and what is asked of it.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use crate::defaults;

/// The key `backingStore`: exactly one of `redis` and `postgres`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct BackingStore {
    /// When a change reaches the engine.
    pub mode: BackingMode,
    /// What the keys of this cluster begin with, so that clusters can share an engine.
    #[serde(default = "defaults::key_prefix")]
    pub key_prefix: String,
    /// How long a change may wait for the engine, when the engine is written behind the answer.
    #[serde(default = "defaults::window", with = "crate::span")]
    pub window: Duration,
    /// What becomes of requests that the engine does not answer, when it is written before the answer.
    #[serde(default)]
    pub when_unreachable: WhenUnreachable,
    /// How long one question to the engine may take.
    #[serde(default = "defaults::engine_timeout", with = "crate::span")]
    pub timeout: Duration,
    /// Sessions that are fetched in a second because they were not here.
    #[serde(default = "defaults::recoveries_per_second")]
    pub recoveries_per_second: u32,
    /// Sessions waiting for the engine from which on writers are slowed down.
    #[serde(default = "defaults::unflushed_sessions")]
    pub unflushed_sessions: u64,
    /// Redis or Valkey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redis: Option<Redis>,
    /// PostgreSQL, or an engine that speaks its protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postgres: Option<Postgres>,
}

impl BackingStore {
    /// With every default, and without an engine yet.
    #[must_use]
    pub fn new(mode: BackingMode) -> Self {
        Self {
            mode,
            key_prefix: defaults::key_prefix(),
            window: defaults::window(),
            when_unreachable: WhenUnreachable::default(),
            timeout: defaults::engine_timeout(),
            recoveries_per_second: defaults::recoveries_per_second(),
            unflushed_sessions: defaults::unflushed_sessions(),
            redis: None,
            postgres: None,
        }
    }
}

/// When a change reaches the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BackingMode {
    /// Within [`BackingStore::window`] after the answer.
    WriteBehind,
    /// Before the answer.
    WriteThrough,
}

/// What becomes of requests while an engine that is written before the answer cannot be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WhenUnreachable {
    /// They wait, then fail: nothing that is answered can be lost.
    #[default]
    Stall,
    /// They are answered as if it were written behind the answer, until it is back.
    Degrade,
}

/// How to reach Redis or Valkey. Credentials are in files, which are read for each new connection, without the line's end.
/// A file that does not exist is a credential that there is none of: one mounted Secret need not have all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Redis {
    /// Who answers at the addresses.
    #[serde(default)]
    pub topology: RedisTopology,
    /// `host:port` of the server, of the sentinels, or of some members of the cluster.
    pub addresses: Vec<String>,
    /// What the sentinels call the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master_name: Option<String>,
    /// Number of the database; a cluster has only 0.
    #[serde(default)]
    pub database: u32,
    /// File with the user's name; the user `default` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username_file: Option<PathBuf>,
    /// File with the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// File with the user's name at the sentinels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentinel_username_file: Option<PathBuf>,
    /// File with the password at the sentinels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentinel_password_file: Option<PathBuf>,
    /// TLS; plain TCP if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<EngineTls>,
}

/// Who answers at Redis' addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RedisTopology {
    /// The one server.
    #[default]
    Standalone,
    /// Sentinels, which know where the server is now.
    Sentinel,
    /// Members of a Redis Cluster, among which the keys are spread.
    Cluster,
}

/// How to reach PostgreSQL. Credentials are in files, as for [`Redis`]; only that of the user must exist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Postgres {
    /// Name or IP address of the server.
    pub host: String,
    /// Its port.
    #[serde(default = "defaults::postgres_port")]
    pub port: u16,
    /// The database; it must exist.
    #[serde(default = "defaults::postgres_name")]
    pub database: String,
    /// The schema in it that holds the sessions; made if absent.
    #[serde(default = "defaults::postgres_name")]
    pub schema: String,
    /// File with the user's name.
    pub username_file: PathBuf,
    /// File with the password; a certificate, or trust, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// The most connections that this node opens.
    #[serde(default = "defaults::postgres_connections")]
    pub connections: u32,
    /// TLS; plain TCP if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<EngineTls>,
}

/// TLS on the way to an engine, whose certificate is always checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct EngineTls {
    /// The authority that signed the engine's certificate, PEM; those that the machine trusts if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// The certificate that this node shows, PEM; none if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_file: Option<PathBuf>,
    /// Its private key, PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// The name that the engine's certificate must bear; the host of its address if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
}
