//! A server under test: a child process of its own, pinned to a core, gone when this is dropped.

use std::{
    fs::{self, File},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::{
    backing::Companion,
    binaries::Binaries,
    clock::Clock,
    dialect::{Dialect, Scripts},
    engine::Target,
    peer::{Launch, Peer, Wire},
    population::Population,
    probe::{self, Probe},
    process::Usage,
    watch::Watched,
};

/// What all servers of a run have in common.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    /// The programs.
    pub(crate) binaries: Binaries,
    /// Where servers keep their files: on the disk that is to be measured.
    pub(crate) scratch: PathBuf,
    /// The core that servers run on.
    pub(crate) core: usize,
}

/// How long a server may take to answer after its start.
pub(crate) const START_LIMIT: Duration = Duration::from_mins(5);

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    peer: Peer,
    child: Child,
    command: Vec<String>,
    address: SocketAddr,
    admin: SocketAddr,
    directory: TempDir,
    /// The engine behind it; it ends after the server.
    companion: Option<Companion>,
}

impl Server {
    /// Starts `peer` with `memory_mib` MiB for bodies and waits until it answers.
    ///
    /// # Errors
    /// Its program is missing, ends at once, or does not answer in time.
    pub(crate) fn start(peer: Peer, ground: &Ground, memory_mib: usize) -> Result<Self> {
        peer.available(&ground.binaries)?;
        let directory = tempfile::Builder::new()
            .prefix("cloakroom-bench-")
            .tempdir_in(&ground.scratch)
            .with_context(|| format!("cannot write to {}", ground.scratch.display()))?;
        let companion = peer.backing().map(|backing| backing.start(ground, directory.path())).transpose()?;
        let [address, admin] = free_addresses()?;
        let launch = Launch {
            port: address.port().to_string(),
            admin_port: admin.port().to_string(),
            directory: directory.path().display().to_string(),
            memory_mib,
        };
        // The first two make sure that no server outlives this program or leaves its core.
        let mut command = ["setpriv", "--pdeathsig", "KILL", "taskset", "-c"].map(String::from).to_vec();
        command.push(ground.core.to_string());
        command.push(peer.binary(&ground.binaries).display().to_string());
        command.extend(peer.arguments(&launch));
        let child = spawn(&command, directory.path())?;
        let mut server = Self { peer, child, command, address, admin, directory, companion };
        server.wait_for_answer()?;
        Ok(server)
    }

    /// How to reach it, prepared for its wire; sessions get a timeout of `minutes`.
    ///
    /// # Errors
    /// It does not accept the provider's scripts.
    pub(crate) fn target(&self, minutes: u32) -> Result<Target> {
        let dialect = match self.peer.wire() {
            Wire::State => Dialect::State,
            Wire::RedisPlain => Dialect::RedisPlain,
            Wire::Memcached => Dialect::Memcached,
            Wire::RedisProvider => Dialect::RedisProvider(Scripts::load(&mut probe::open(self.address)?)?),
        };
        Ok(Target { address: self.address, dialect, minutes })
    }

    /// Its socket.
    #[must_use]
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its process has used, together with those of the engine behind it.
    ///
    /// # Errors
    /// One has ended.
    pub(crate) fn usage(&self) -> Result<Usage> {
        let own = Usage::of(self.child.id()).with_context(|| self.story())?;
        match &self.companion {
            Some(companion) => Ok(own + companion.usage()?),
            None => Ok(own),
        }
    }

    /// What a watcher beside the generator needs to know of it.
    #[must_use]
    pub(crate) fn watched(&self) -> Watched {
        Watched { id: self.child.id(), admin: self.admin, directory: self.directory.path().to_owned() }
    }

    /// Kills it without warning and starts it again on the same files; returns the time from the new
    /// start to its first answer.
    ///
    /// # Errors
    /// It does not come back.
    pub(crate) fn kill_and_restart(&mut self) -> Result<Duration> {
        self.child.kill()?;
        self.child.wait()?;
        let clock = Clock::start();
        self.child = spawn(&self.command, self.directory.path())?;
        self.wait_for_answer()?;
        Ok(clock.elapsed())
    }

    fn wait_for_answer(&mut self) -> Result<()> {
        let clock = Clock::start();
        let dialect = match self.peer.wire() {
            Wire::State => Dialect::State,
            Wire::Memcached => Dialect::Memcached,
            Wire::RedisPlain | Wire::RedisProvider => Dialect::RedisPlain,
        };
        while let Err(error) = Probe::connect(self.address, dialect.clone(), 1)
            .and_then(|mut probe| probe.ask(Population::ask_for_nobody(0), |_| ()))
        {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended with {status}\n{}", self.peer.name(), self.story());
            }
            if clock.elapsed() > START_LIMIT {
                return Err(error.context(self.story()));
            }
            #[expect(clippy::disallowed_methods, reason = "the pause between two attempts")]
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// How it was started and the end of what it said, for error messages.
    fn story(&self) -> String {
        let log = fs::read_to_string(self.directory.path().join(LOG)).unwrap_or_default();
        let last = log.lines().rev().take(15).collect::<Vec<_>>();
        let last = last.into_iter().rev().collect::<Vec<_>>().join("\n");
        format!("started as: {}\nits last words:\n{last}", self.command.join(" "))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const LOG: &str = "server.log";

/// Starts `command` with its words in a file of `directory`.
pub(crate) fn spawn(command: &[String], directory: &Path) -> Result<Child> {
    let log = File::options().create(true).append(true).open(directory.join(LOG))?;
    let (program, arguments) = command.split_first().expect("a command has a program");
    Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .with_context(|| format!("cannot run {program}: install the package `util-linux`"))
}

/// Two addresses on which nobody listens.
pub(crate) fn free_addresses() -> Result<[SocketAddr; 2]> {
    let listeners = [TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?];
    Ok([listeners[0].local_addr()?, listeners[1].local_addr()?])
}
