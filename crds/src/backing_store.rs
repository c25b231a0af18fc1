//! The engine behind the nodes, and how they reach it.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{defaults, rules};

/// A database behind the nodes that outlives them. Exactly one engine. A change here restarts the nodes, one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::ONE_ENGINE)]
#[x_kube(validation = Rule::from(rules::DEGRADE_IS_FOR_WRITE_THROUGH).field_path(".whenUnreachable"))]
pub struct BackingStore {
    /// When a change reaches the engine. WriteBehind: within the window after the answer, so the loss of a node and its
    /// volume costs at most that. WriteThrough: before the answer, so it costs nothing that the engine keeps, and any node
    /// stands in for another at once. It can be added and go from WriteBehind to WriteThrough; back only with the annotation
    /// cloakroom.dev/allow-backing-store-downgrade: "true".
    pub mode: BackingStoreMode,
    /// How long an answered change may wait for the engine with WriteBehind, 50ms to 60s.
    #[serde(default = "defaults::window")]
    #[schemars(length(max = 8))]
    #[x_kube(validation = rules::WINDOW)]
    pub window: String,
    /// What becomes of requests with WriteThrough while the engine cannot be reached. Stall: they wait, then fail. Degrade:
    /// they are answered as with WriteBehind until it is back.
    #[serde(default)]
    pub when_unreachable: WhenUnreachable,
    /// Redis 7 or later, or Valkey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redis: Option<Redis>,
    /// PostgreSQL 15 or later, or an engine that speaks its protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postgres: Option<Postgres>,
}

/// When a change reaches the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum BackingStoreMode {
    /// Within the window after the answer.
    WriteBehind,
    /// Before the answer.
    WriteThrough,
}

/// What becomes of requests while an engine that is written before the answer cannot be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum WhenUnreachable {
    /// They wait, then fail.
    #[default]
    Stall,
    /// They are answered as with `WriteBehind`.
    Degrade,
}

/// How to reach Redis or Valkey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::from(rules::STANDALONE_IS_ONE).field_path(".addresses"))]
#[x_kube(validation = Rule::from(rules::SENTINELS_NAME_THE_MASTER).field_path(".masterName"))]
#[x_kube(validation = Rule::from(rules::CLUSTER_HAS_ONE_DATABASE).field_path(".database"))]
pub struct Redis {
    /// Who answers at the addresses: the one server, the sentinels that know where it is, or members of a Redis Cluster.
    #[serde(default)]
    pub topology: RedisTopology,
    /// Host and port of the server, of the sentinels, or of some members of the cluster: [redis.data.svc:6379].
    #[schemars(length(min = 1, max = 16), inner(length(max = 263)))]
    #[x_kube(validation = rules::ADDRESSES)]
    pub addresses: Vec<String>,
    /// What the sentinels call the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200), regex(pattern = "^[!-~]+$"))]
    pub master_name: Option<String>,
    /// Number of the database.
    #[serde(default)]
    #[schemars(range(min = 0, max = 65535))]
    pub database: i32,
    /// Secret of this namespace whose keys `username`, `password`, `sentinel-username` and `sentinel-password` are used, as far
    /// as it has them. A password that is changed is taken up without a restart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials_secret: Option<SecretReference>,
    /// TLS; without it sessions and passwords cross the network as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<EngineTls>,
}

/// Who answers at Redis' addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RedisTopology {
    /// The one server.
    #[default]
    Standalone,
    /// Sentinels, which know where the server is now.
    Sentinel,
    /// Members of a Redis Cluster, among which the keys are spread.
    Cluster,
}

/// How to reach PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Postgres {
    /// Name or IP address of the server.
    #[schemars(length(max = 253))]
    #[x_kube(validation = rules::HOST)]
    pub host: String,
    /// Its port.
    #[serde(default = "defaults::postgres_port")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: i32,
    /// The database; it must exist.
    #[serde(default = "defaults::postgres_name")]
    #[schemars(length(min = 1, max = 63))]
    pub database: String,
    /// The schema that holds the sessions. The nodes make it, and keep it current.
    #[serde(default = "defaults::postgres_name")]
    #[schemars(length(max = 63))]
    #[x_kube(validation = rules::SCHEMA)]
    pub schema: String,
    /// The most connections that each node opens.
    #[serde(default = "defaults::postgres_connections")]
    #[schemars(range(min = 1, max = 64))]
    pub connections: i32,
    /// Secret of this namespace whose keys `username` and, if it has one, `password` are used. A password that is changed is
    /// taken up without a restart.
    pub credentials_secret: SecretReference,
    /// TLS; without it sessions and passwords cross the network as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<EngineTls>,
}

/// TLS on the way to an engine, whose certificate is always checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct EngineTls {
    /// Secret with `ca.crt`: the authorities of which one must have signed the engine's certificate.
    pub ca_secret: SecretReference,
    /// Secret with `tls.crt` and `tls.key`: the certificate that nodes show, if the engine wants one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_secret: Option<SecretReference>,
    /// The name that the engine's certificate must bear, where that is not the host of its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    #[x_kube(validation = rules::SERVER_NAME)]
    pub server_name: Option<String>,
}

/// A Secret of the cluster's namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretReference {
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}
