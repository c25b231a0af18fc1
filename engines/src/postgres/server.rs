//! One server.

use std::{ffi::OsString, fs, net::SocketAddr, path::Path, process::Command};

use anyhow::Context as _;
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};

use super::{
    folder::{Folder, command, run},
    options::PostgresOptions,
};
use crate::{port::free_port, process::Process};

/// Of a primary and of a standby.
const READY: &str = "database system is ready to accept";
/// A port that was free may be taken a moment later.
const ATTEMPTS: usize = 5;

/// A server with an empty database `cloakroom`, that stops and forgets all when dropped.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    address: SocketAddr,
    options: PostgresOptions,
    /// After the process: it writes here until it ends.
    folder: tempfile::TempDir,
}

impl Postgres {
    /// Starts one and waits until it answers.
    ///
    /// # Errors
    /// Its program is missing, or it ends: with the end of its log.
    pub fn start(options: &PostgresOptions) -> anyhow::Result<Self> {
        Self::start_with(options, |folder, port| folder.initialise(options, port))
    }

    /// A hot standby of this one, which follows it and answers questions only. Not with `within`.
    ///
    /// # Errors
    /// See [`Postgres::start`].
    pub fn start_standby(&self) -> anyhow::Result<Self> {
        Self::start_with(&PostgresOptions { port: None, ..self.options.clone() }, |folder, port| {
            let mut backup = command("pg_basebackup")?;
            backup.arg("--pgdata").arg(folder.data()).arg("--host").arg(self.folder.path());
            backup.arg(format!("--port={}", self.address.port()));
            run(backup.args([
                "--username=postgres",
                "--write-recovery-conf",
                "--checkpoint=fast",
                "--no-sync",
            ]))?;
            folder.configure(&self.options, port)
        })
    }

    fn start_with(
        options: &PostgresOptions,
        prepare: impl Fn(Folder<'_>, u16) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let mut last = None;
        for _ in 0..ATTEMPTS {
            let folder = tempfile::tempdir().context("cannot make a folder for a server")?;
            let port = options.port.map_or_else(|| free_port(options.bind), Ok)?;
            prepare(Folder(folder.path()), port)?;
            match Process::start(Folder(folder.path()).server(options)?, folder.path(), READY) {
                Ok(process) => {
                    let address = SocketAddr::new(options.bind, port);
                    return Ok(Self { process, address, options: options.clone(), folder });
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.expect("it was tried"))
    }

    /// The command that runs a server in the foreground with its data in `folder`, for those who look after the
    /// process themselves. Makes the data if there is none.
    ///
    /// # Errors
    /// The program is missing, or the folder cannot be written.
    pub fn command(options: &PostgresOptions, port: u16, folder: &Path) -> anyhow::Result<Vec<OsString>> {
        let folder = Folder(folder);
        if folder.data().exists() {
            folder.configure(options, port)?;
        } else {
            folder.initialise(options, port)?;
        }
        Ok(folder.server(options)?.into_vec())
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its first process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// All its processes, the first one first.
    #[must_use]
    pub fn ids(&self) -> Vec<u32> {
        let first = self.process.id();
        // None left if it was killed.
        let children = fs::read_to_string(format!("/proc/{first}/task/{first}/children")).unwrap_or_default();
        [first].into_iter().chain(children.split_whitespace().filter_map(|id| id.parse().ok())).collect()
    }

    /// SIGSTOP to all its processes: connections stay, nobody answers.
    pub fn pause(&self) {
        self.process.pause();
        self.signal_children(Signal::STOP);
    }

    /// SIGCONT.
    pub fn resume(&self) {
        self.signal_children(Signal::CONT);
        self.process.resume();
    }

    /// SIGKILL to all its processes.
    pub fn kill(&mut self) {
        let children = self.children();
        self.process.kill();
        signal(&children, Signal::KILL);
    }

    /// Starts it again on the same port, with what it had on disk.
    ///
    /// # Errors
    /// It ends: with the end of its log.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.kill();
        self.process.restart(READY)
    }

    /// From now on no file of it grows beyond so many bytes, as if its disk were full; `None` ends that. The limit is
    /// half a block off, so that a write is cut short as on a disk without room.
    ///
    /// # Errors
    /// This process may not say so.
    pub fn limit_files(&self, bytes: Option<u64>) -> anyhow::Result<()> {
        const HALF_A_BLOCK: u64 = 4096;
        let current = bytes.map(|bytes| bytes + HALF_A_BLOCK);
        for id in self.ids() {
            let pid = i32::try_from(id).ok().and_then(Pid::from_raw);
            prlimit(pid, Resource::Fsize, Rlimit { current, maximum: None })
                .with_context(|| format!("cannot limit the files of process {id}"))?;
        }
        Ok(())
    }

    /// The answer to statements in the database `cloakroom`, by an administrator: columns separated by `|`.
    ///
    /// # Errors
    /// It does not answer, or refuses.
    pub fn ask(&self, sql: &str) -> anyhow::Result<String> {
        run(&mut self.client(sql)?)
    }

    /// The program that asks them, for those who do not want to wait for it.
    ///
    /// # Errors
    /// It is missing.
    pub fn client(&self, sql: &str) -> anyhow::Result<Command> {
        let mut psql = command("psql")?;
        psql.arg("--host").arg(self.folder.path()).arg(format!("--port={}", self.address.port()));
        psql.args(["--username=postgres", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]);
        psql.args(["--set=ON_ERROR_STOP=1", "--dbname=cloakroom", "--command", sql]);
        Ok(psql)
    }

    fn children(&self) -> Vec<u32> {
        self.ids().split_off(1)
    }

    fn signal_children(&self, what: Signal) {
        signal(&self.children(), what);
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
    }
}

fn signal(ids: &[u32], signal: Signal) {
    for pid in ids.iter().filter_map(|id| Pid::from_raw(i32::try_from(*id).ok()?)) {
        // It may have ended by itself.
        let _ = kill_process(pid, signal);
    }
}
