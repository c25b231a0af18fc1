//! The engine behind a node: which one, when it is written, and its process beside the node's.

use std::{net::SocketAddr, path::Path};

use anyhow::Result;

use crate::{
    peer::Peer,
    postgres::Postgres,
    process::Usage,
    server::{Ground, Server},
};

/// What a node has behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backing {
    /// When it is written.
    pub(crate) mode: Mode,
    /// What it is.
    pub(crate) engine: Engine,
}

/// When the engine is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// After the answer.
    Behind,
    /// Before the answer.
    Through,
}

/// An engine in its safest configuration: each write on its disk before it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// [`Peer::RedisAlways`].
    Redis,
    /// PostgreSQL with its own settings.
    Postgres,
}

/// An engine that runs.
#[derive(Debug)]
pub(crate) enum Companion {
    /// Redis.
    Redis(Box<Server>),
    /// PostgreSQL.
    Postgres(Postgres),
}

impl Backing {
    /// The node's configuration, for an engine on `port` of 127.0.0.1 whose user's name is in `directory`.
    #[must_use]
    pub(crate) fn config(self, port: &str, directory: &str) -> String {
        let mode = match self.mode {
            Mode::Behind => "writeBehind",
            Mode::Through => "writeThrough",
        };
        let engine = match self.engine {
            Engine::Redis => format!("redis: {{ addresses: [\"127.0.0.1:{port}\"] }}"),
            Engine::Postgres => format!(
                "postgres: {{ host: 127.0.0.1, port: {port}, database: postgres, usernameFile: {directory}/{USER_FILE} }}"
            ),
        };
        format!("backingStore: {{ mode: {mode}, {engine} }}")
    }

    /// Starts the engine and writes the node's configuration into its `directory`.
    ///
    /// # Errors
    /// The engine's program is missing or does not answer.
    pub(crate) fn start(self, ground: &Ground, directory: &Path) -> Result<Companion> {
        let companion = match self.engine {
            // It keeps no sessions in memory of its own choosing, so that figure is of no use to it.
            Engine::Redis => Companion::Redis(Box::new(Server::start(Peer::RedisAlways, ground, 0)?)),
            Engine::Postgres => Companion::Postgres(Postgres::start(ground)?),
        };
        let config = self.config(&companion.address().port().to_string(), &directory.display().to_string());
        std::fs::write(directory.join(USER_FILE), Postgres::USER)?;
        std::fs::write(directory.join(CONFIG_FILE), config)?;
        Ok(companion)
    }
}

/// The node's configuration in its folder.
pub(crate) const CONFIG_FILE: &str = "node.yaml";
const USER_FILE: &str = "user";

impl Companion {
    fn address(&self) -> SocketAddr {
        match self {
            Self::Redis(server) => server.address(),
            Self::Postgres(postgres) => postgres.address(),
        }
    }

    /// What all its processes have used.
    ///
    /// # Errors
    /// It has ended.
    pub(crate) fn usage(&self) -> Result<Usage> {
        match self {
            Self::Redis(server) => server.usage(),
            Self::Postgres(postgres) => postgres.usage(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Backing, Engine, Mode};

    #[test]
    fn the_node_is_told_where_its_engine_is() {
        let check = |mode, engine, expected: &str| {
            assert_eq!(Backing { mode, engine }.config("1", "d"), expected);
        };
        check(
            Mode::Behind,
            Engine::Redis,
            "backingStore: { mode: writeBehind, redis: { addresses: [\"127.0.0.1:1\"] } }",
        );
        check(
            Mode::Through,
            Engine::Postgres,
            "backingStore: { mode: writeThrough, postgres: { host: 127.0.0.1, port: 1, database: postgres, \
             usernameFile: d/user } }",
        );
    }
}
