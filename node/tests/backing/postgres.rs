//! PostgreSQL: the contract, its tables, its locks, its replicas, TLS.

mod schema;
mod server;
mod tls;
mod waiting;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use cloakroom_node_config::{BackingMode, BackingStore, Postgres};

/// Long enough for a busy machine, short enough to wait for.
const TIMEOUT: Duration = Duration::from_secs(2);

/// How the user whose name is in `username` reaches the server at `address`.
fn config(address: SocketAddr, username: &Path) -> BackingStore {
    let postgres = Postgres {
        host: address.ip().to_string(),
        port: address.port(),
        database: "cloakroom".to_owned(),
        schema: "cloakroom".to_owned(),
        username_file: username.to_owned(),
        password_file: None,
        connections: 3,
        tls: None,
    };
    BackingStore {
        timeout: TIMEOUT,
        postgres: Some(postgres),
        ..BackingStore::new(BackingMode::WriteThrough)
    }
}

/// Changes how PostgreSQL is reached.
fn with(config: BackingStore, change: impl FnOnce(&mut Postgres)) -> BackingStore {
    let mut config = config;
    change(config.postgres.as_mut().expect("it is PostgreSQL"));
    config
}

/// With the longest time that a call may take, where the first answer is looked at.
fn patient(config: BackingStore) -> BackingStore {
    BackingStore { timeout: Duration::from_secs(8), ..config }
}
