//! One server.

use std::{ffi::OsString, fs, net::SocketAddr, os::unix::fs::OpenOptionsExt as _, path::Path};

use anyhow::Context as _;
use redis::FromRedisValue;

use super::{admin::Way, options::RedisOptions};
use crate::{
    port::free_port,
    process::{Process, Words},
};

/// Both servers and Sentinels of both makers.
const READY: &str = "eady to accept connections";
/// A port that was free may be taken a moment later.
const ATTEMPTS: usize = 5;

/// A server that stops and forgets all when dropped.
#[derive(Debug)]
pub struct Redis {
    process: Process,
    way: Way,
    /// After the process: it writes here until it ends.
    folder: tempfile::TempDir,
}

impl Redis {
    /// Starts one and waits until it answers.
    ///
    /// # Errors
    /// Its program is missing, or it ends: with the end of its log.
    pub fn start(options: &RedisOptions) -> anyhow::Result<Self> {
        let mut last = None;
        for _ in 0..ATTEMPTS {
            match Self::start_once(options) {
                Ok(started) => return Ok(started),
                Err(error) => last = Some(error),
            }
        }
        Err(last.expect("it was tried"))
    }

    fn start_once(options: &RedisOptions) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a folder for a server")?;
        let port = options.port.map_or_else(|| free_port(options.bind), Ok)?;
        let words = command_in(options, port, folder.path())?;
        let process = Process::start(words, folder.path(), READY)?;
        let way = Way::new(SocketAddr::new(options.bind, port), options);
        Ok(Self { process, way, folder })
    }

    /// The command that runs a server in the foreground with its data in `folder`, for those who look after the
    /// process themselves. Writes the configuration file.
    ///
    /// # Errors
    /// The program is missing, or the folder cannot be written.
    pub fn command(options: &RedisOptions, port: u16, folder: &Path) -> anyhow::Result<Vec<OsString>> {
        Ok(command_in(options, port, folder)?.into_vec())
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.way.address
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Where its files are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// SIGSTOP: connections stay, nobody answers.
    pub fn pause(&self) {
        self.process.pause();
    }

    /// SIGCONT.
    pub fn resume(&self) {
        self.process.resume();
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again on the same port, with what it had on disk.
    ///
    /// # Errors
    /// It ends: with the end of its log.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.process.restart(READY)
    }

    /// Forgets all.
    ///
    /// # Errors
    /// It does not answer.
    pub fn flush_all(&self) -> anyhow::Result<()> {
        self.ask(&["FLUSHALL"])
    }

    /// From now on it refuses writes above so many bytes; 0 is no limit.
    ///
    /// # Errors
    /// It does not answer.
    pub fn max_memory(&self, bytes: u64) -> anyhow::Result<()> {
        self.ask(&["CONFIG", "SET", "maxmemory", &bytes.to_string()])
    }

    /// How many keys it has in its first database.
    ///
    /// # Errors
    /// It does not answer.
    pub fn keys(&self) -> anyhow::Result<u64> {
        self.ask(&["DBSIZE"])
    }

    /// The answer to one command.
    ///
    /// # Errors
    /// It does not answer, or refuses.
    pub fn ask<T: FromRedisValue>(&self, words: &[&str]) -> anyhow::Result<T> {
        self.way.ask(words)
    }
}

fn command_in(options: &RedisOptions, port: u16, folder: &Path) -> anyhow::Result<Words> {
    let path = folder.join("server.conf");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
    std::io::Write::write_all(&mut file, options.file(port, folder).as_bytes())?;
    Ok(Words::new(&options.within, &options.flavour.program()?).arg(path))
}
