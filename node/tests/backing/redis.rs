//! Redis and Valkey: alone, as a cluster, behind Sentinels, with TLS.

mod cluster;
mod sentinel;
mod server;
mod tls;

use std::net::SocketAddr;
use std::time::Duration;

use cloakroom_engines::Certificates;
use cloakroom_node_config::{BackingMode, BackingStore, EngineTls, Redis, RedisTopology};

/// Long enough for a busy machine, short enough to wait for.
const TIMEOUT: Duration = Duration::from_secs(2);

/// How to reach what is at `addresses`.
fn config(topology: RedisTopology, addresses: &[SocketAddr]) -> BackingStore {
    let redis = Redis {
        topology,
        addresses: addresses.iter().map(ToString::to_string).collect(),
        master_name: None,
        database: 0,
        username_file: None,
        password_file: None,
        sentinel_username_file: None,
        sentinel_password_file: None,
        tls: None,
    };
    BackingStore { timeout: TIMEOUT, redis: Some(redis), ..BackingStore::new(BackingMode::WriteThrough) }
}

/// Changes how Redis is reached.
fn with(config: BackingStore, change: impl FnOnce(&mut Redis)) -> BackingStore {
    let mut config = config;
    change(config.redis.as_mut().expect("it is Redis"));
    config
}

/// Trusts what one authority signed, and shows what another one did.
fn tls(authority: &Certificates, client: &Certificates) -> EngineTls {
    let (cert_file, key_file) = client.client();
    EngineTls {
        ca_file: Some(authority.authority()),
        cert_file: Some(cert_file),
        key_file: Some(key_file),
        server_name: None,
    }
}
