//! The node as people run it: one folder, and a process for each of its lives.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::patience::eventually;

/// Where the log says on which address it serves.
const GREETING: &str = "serving ASP.NET sessions on ";
/// Only a failing test waits that long.
const PATIENCE: Duration = Duration::from_secs(60);

/// What stays the same from one life of a node to the next.
pub(crate) struct Setup {
    folder: TempDir,
    data_dir: PathBuf,
    environment: Vec<(&'static str, OsString)>,
    flags: Vec<OsString>,
    state_listen: String,
}

impl Setup {
    /// A node with an empty data directory and `config` (YAML) over the defaults.
    pub(crate) fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().expect("a place for files");
        std::fs::write(folder.path().join("node.yaml"), config).expect("a file of ours");
        let data_dir = folder.path().join("data");
        let state_listen = "127.0.0.1:0".to_owned();
        Self { folder, data_dir, environment: Vec::new(), flags: Vec::new(), state_listen }
    }

    /// Keeps the data in `data_dir` instead.
    pub(crate) fn on(self, data_dir: &Path) -> Self {
        Self { data_dir: data_dir.to_owned(), ..self }
    }

    /// Starts every life with these environment variables.
    pub(crate) fn under(self, environment: Vec<(&'static str, OsString)>) -> Self {
        Self { environment, ..self }
    }

    /// Starts every life with these flags, too.
    pub(crate) fn with_flags(&mut self, flags: Vec<OsString>) {
        self.flags = flags;
    }

    /// Serves every further life at `address`.
    pub(crate) fn at(&mut self, address: &str) {
        address.clone_into(&mut self.state_listen);
    }

    /// What starts a life, on free ports unless one was given.
    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cloakroom-node"));
        command.args(["--state-listen", &self.state_listen, "--admin-listen", "127.0.0.1:0"]);
        command.arg("--config").arg(self.folder.path().join("node.yaml"));
        command.arg("--data-dir").arg(&self.data_dir);
        command.args(&self.flags);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// Starts a life and waits until it serves.
    pub(crate) fn start(&self) -> Node {
        let mut node = self.spawn();
        node.address = node
            .read_until(GREETING)
            .split_once(GREETING)
            .and_then(|(_, rest)| rest.split(' ').next())
            .expect("it names an address")
            .to_owned();
        node
    }

    /// Starts a life and kills it after a while, whatever it is doing then.
    pub(crate) fn kill_while_starting(&self, after: Duration) {
        let node = self.spawn();
        thread::park_timeout(after);
        node.kill();
    }

    /// Starts a life without waiting for anything.
    pub(crate) fn spawn(&self) -> Node {
        let mut process = self.command().spawn().expect("cargo has built it");
        let lines = BufReader::new(process.stderr.take().expect("it is piped")).lines().map_while(Result::ok);
        let (sender, log) = mpsc::channel();
        // Read all the time: a full pipe would stop the node.
        thread::spawn(move || lines.for_each(|line| sender.send(line).unwrap_or_default()));
        Node { address: String::new(), said: Vec::new(), process, log }
    }
}

/// One life of a node.
pub(crate) struct Node {
    /// Where it serves sessions.
    pub(crate) address: String,
    /// Its log as far as it was looked at.
    pub(crate) said: Vec<String>,
    process: Child,
    log: Receiver<String>,
}

impl Node {
    /// Reads its log up to a line that contains `part`, and returns that line.
    pub(crate) fn read_until(&mut self, part: &str) -> String {
        loop {
            let Ok(line) = self.log.recv_timeout(PATIENCE) else {
                panic!("it never said {part:?}, but {:#?}", self.said);
            };
            self.said.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.process)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it has not been waited for");
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        eventually("the node ends", || !self.runs());
        let status = self.process.wait().expect("it is ours");
        self.said.extend(self.log.iter());
        status
    }

    pub(crate) fn kill(mut self) {
        self.signal(Signal::KILL);
        self.wait();
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.process.try_wait().expect("it is ours").is_none()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
