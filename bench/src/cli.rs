//! The command line.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result, ensure};
use clap::{Args, Parser, Subcommand};

use crate::{
    binaries::{Binaries, VALKEY_HOWTO},
    distribution::Lengths,
    peer::Peer,
    postgres::Postgres,
    server::Ground,
    stage::fill::Tier,
};

/// Compares Cloakroom with Redis, Valkey and memcached as session stores, on this machine.
///
/// Every server is started afresh as a child process on a free port of 127.0.0.1, pinned to one core;
/// this program drives it from another core and verifies every body that it reads back. Servers take
/// turns within each round; the `ping` server, which does no work, is the control.
///
/// Needs Linux with two cores, `taskset` and `setpriv` (package util-linux), and the servers that are to
/// be compared: packages redis-server and memcached; for `valkey-server` see the end of this help.
///
/// Start with `cloakroom-bench all --quick` (about four minutes), or look at one question:
/// `cloakroom-bench closed --peers cloakroom-memory,redis`.
#[derive(Debug, Parser)]
#[command(name = "cloakroom-bench", version)]
#[command(after_long_help = format!("Where no package has valkey-server:\n{VALKEY_HOWTO}"))]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) action: Action,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Answer all questions with all servers and write the table and the plot.
    All {
        /// About four minutes (the default).
        #[arg(long, conflicts_with = "full")]
        quick: bool,
        /// About half an hour; what is published.
        #[arg(long)]
        full: bool,
        /// See below.
        #[command(flatten)]
        place: Place,
    },
    /// Disk, memory, and engines behind nodes, written after or before the answer; beside an engine alone.
    Backing {
        /// A few minutes (the default).
        #[arg(long, conflicts_with = "full")]
        quick: bool,
        /// A quarter of an hour; what is published.
        #[arg(long)]
        full: bool,
        /// See below.
        #[command(flatten)]
        place: Place,
    },
    /// The CPU that a call costs the process that makes it: by the client library, and by a bare socket.
    Client {
        /// A minute (the default).
        #[arg(long, conflicts_with = "full")]
        quick: bool,
        /// Four minutes; what is published.
        #[arg(long)]
        full: bool,
        /// Callers at a time, one measurement for each number.
        #[arg(long, value_delimiter = ',', default_value = "1,50")]
        callers: Vec<usize>,
        /// See below.
        #[command(flatten)]
        place: Place,
    },
    /// Two nodes: the CPU of a request that is passed on to the owner beside one that is asked of it directly.
    Forwarding {
        /// Connections, one measurement for each number.
        #[arg(long, value_delimiter = ',', default_value = "50,200")]
        connections: Vec<usize>,
        /// How often each way takes its turn.
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
        rounds: u32,
        /// Seconds measured in each turn.
        #[arg(long, default_value_t = 3)]
        seconds: u64,
        /// Sessions stored beforehand.
        #[arg(long, default_value_t = 20_000)]
        sessions: usize,
        /// See below.
        #[command(flatten)]
        place: Place,
    },
    /// Closed loop: the maximum rate and the server's CPU per request.
    Closed {
        /// Connections, one measurement for each number.
        #[arg(long, value_delimiter = ',', default_value = "50,200")]
        connections: Vec<usize>,
        /// Lengths of bodies.
        #[arg(long, value_enum, default_value = "fixed")]
        lengths: Lengths,
        /// What is measured, and of whom.
        #[command(flatten)]
        turns: Turns,
        /// See below.
        #[command(flatten)]
        place: Place,
    },
    /// Open loop: latency under visits that arrive by themselves.
    Open(Visits),
    /// As `open`, but a tenth of the pages go to sessions long untouched, with memory for a tenth.
    Cold(Visits),
    /// Memory per session, after loading and after every body was replaced.
    Fill {
        /// Lengths of bodies.
        #[arg(long, value_enum, default_value = "log-normal")]
        lengths: Lengths,
        /// Where bodies are.
        #[arg(long, value_enum, default_value = "memory")]
        tier: Tier,
        /// What is measured, and of whom.
        #[command(flatten)]
        turns: Turns,
        /// See below.
        #[command(flatten)]
        place: Place,
    },
    /// Time until a server is back after kill -9, and whether everything is.
    Restart {
        /// What is measured, and of whom.
        #[command(flatten)]
        turns: Turns,
        /// See below.
        #[command(flatten)]
        place: Place,
    },
    /// Run Cloakroom for long under visits that expire, and watch memory, descriptors and disk.
    Soak {
        /// Minutes measured, after two timeouts of warming up.
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=10_000))]
        minutes: u64,
        /// Requests per second.
        #[arg(long, default_value_t = 2000.0)]
        rate: f64,
        /// Connections at most.
        #[arg(long, default_value_t = 200)]
        connections: usize,
        /// Divide think time, poll time and timeout by this: 1, 2, 4, 5, 10 or 20.
        #[arg(long, default_value_t = 4)]
        compression: u32,
        /// Where programs, files and cores are.
        #[command(flatten)]
        place: Place,
    },
    /// Be the ping server: answer the state protocol at once, store nothing.
    PingServer {
        /// Where to listen.
        #[arg(long)]
        listen: SocketAddr,
    },
}

/// What the open loops are told.
#[derive(Debug, Args)]
pub(crate) struct Visits {
    /// Requests per second; without it, a share of each server's own maximum.
    #[arg(long, conflicts_with = "share")]
    pub(crate) rate: Option<f64>,
    /// Share of each server's own maximum, in percent.
    #[arg(long, default_value_t = 70.0)]
    pub(crate) share: f64,
    /// Connections at most.
    #[arg(long, default_value_t = 200)]
    pub(crate) connections: usize,
    /// Divide think time, poll time and timeout by this: 1, 2, 4, 5, 10 or 20.
    #[arg(long, default_value_t = 20)]
    pub(crate) compression: u32,
    /// What is measured, and of whom.
    #[command(flatten)]
    pub(crate) turns: Turns,
    /// See below.
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Who takes turns and how often.
#[derive(Debug, Args)]
pub(crate) struct Turns {
    /// Servers to compare.
    #[arg(long, value_enum, value_delimiter = ',', required = true)]
    pub(crate) peers: Vec<Peer>,
    /// Who the others are compared with; without it, the first of the servers.
    #[arg(long, value_enum)]
    pub(crate) baseline: Option<Peer>,
    /// How often each takes its turn.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: u32,
    /// Seconds measured in each turn.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) seconds: u64,
    /// Sessions stored beforehand.
    #[arg(long, default_value_t = 20_000)]
    pub(crate) sessions: usize,
}

impl Turns {
    /// The time measured in each turn.
    #[must_use]
    pub(crate) const fn window(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// Who the others are compared with.
    #[must_use]
    pub(crate) fn baseline(&self) -> Peer {
        self.baseline.unwrap_or(self.peers[0])
    }
}

/// Where programs, files and cores are, and where results go.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The program cloakroom-node; without it, the one beside this program.
    #[arg(long)]
    pub(crate) node: Option<PathBuf>,
    /// The program redis-server.
    #[arg(long, default_value = "redis-server")]
    pub(crate) redis: PathBuf,
    /// The program memcached.
    #[arg(long, default_value = "memcached")]
    pub(crate) memcached: PathBuf,
    /// The program valkey-server; without it, ~/.cache/cloakroom-bench/valkey-server.
    #[arg(long)]
    pub(crate) valkey: Option<PathBuf>,
    /// Folder of PostgreSQL's programs; without it, that of the newest version below /usr/lib/postgresql.
    #[arg(long)]
    pub(crate) postgres: Option<PathBuf>,
    /// Folder for the servers' files, on the disk to be measured; emptied afterwards.
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    pub(crate) scratch: PathBuf,
    /// Core of the servers.
    #[arg(long, default_value_t = 0)]
    pub(crate) server_core: usize,
    /// Core of this program.
    #[arg(long, default_value_t = 1)]
    pub(crate) generator_core: usize,
    /// Folder for results.
    #[arg(long, default_value = "bench/results")]
    pub(crate) results: PathBuf,
    /// Name of the result files; without it, that of the subcommand.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Day of the run as YYYY-MM-DD; without it, that of the checkout's commit.
    #[arg(long)]
    pub(crate) date: Option<String>,
}

impl Place {
    /// Where servers run.
    ///
    /// # Errors
    /// Server and generator share a core, or there is no folder for servers' files.
    pub(crate) fn ground(&self) -> Result<Ground> {
        ensure!(
            self.server_core != self.generator_core,
            "--server-core and --generator-core must differ, or the generator slows the server down"
        );
        ensure!(
            self.scratch.is_dir(),
            "--scratch must be an existing folder, and {} is none",
            self.scratch.display()
        );
        let bench = std::env::current_exe().context("cannot find this program's own file")?;
        let home = std::env::home_dir().unwrap_or_default();
        let valkey = self.valkey.clone();
        let binaries = Binaries {
            node: self.node.clone().unwrap_or_else(|| bench.with_file_name("cloakroom-node")),
            redis: self.redis.clone(),
            memcached: self.memcached.clone(),
            valkey: valkey.unwrap_or_else(|| home.join(".cache/cloakroom-bench/valkey-server")),
            postgres: self.postgres.clone().unwrap_or_else(Postgres::newest),
            bench,
        };
        let scratch = self.scratch.canonicalize()?;
        Ok(Ground { binaries: binaries.absolute()?, scratch, core: self.server_core })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sharing_a_core_is_refused() {
        let line = ["cloakroom-bench", "all", "--server-core", "1"];
        let Action::All { place, .. } = Cli::parse_from(line).action else { panic!("not all") };
        let error = place.ground().unwrap_err().to_string();
        assert!(error.contains("--generator-core must differ"), "{error}");
    }
}
