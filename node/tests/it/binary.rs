//! The node as people run it: the program, in a process of its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::client::Client;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_cloakroom-node");

/// Where the log says on which address it serves.
const GREETING: &str = "serving ASP.NET sessions on ";

pub(crate) struct Binary {
    pub(crate) address: SocketAddr,
    process: Child,
    _data: TempDir,
}

impl Binary {
    pub(crate) fn start() -> Self {
        Self::start_by(Command::new(PROGRAM))
    }

    /// Starts it by `command`, which must become the program itself.
    pub(crate) fn start_by(mut command: Command) -> Self {
        let data = tempfile::tempdir().expect("a place for files");
        command.args(["--state-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data-dir"]);
        command.arg(data.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
        let mut log =
            BufReader::new(process.stderr.take().expect("it is piped")).lines().map_while(Result::ok);
        let address = log.find_map(|line| line.split_once(GREETING)?.1.split(' ').next()?.parse().ok());
        let address = address.expect("it says where it serves before it ends");
        // A full pipe would stop it.
        thread::spawn(move || log.for_each(drop));
        Self { address, process, _data: data }
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.address)
    }

    /// Asks it to stop and waits until it has.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let pid = Pid::from_child(&self.process);
        kill_process(pid, Signal::TERM).expect("it runs");
        self.process.wait().expect("it is ours")
    }

    /// Memory of the process that is resident, in bytes.
    pub(crate) fn resident_bytes(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("it runs");
        let line =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line of every process");
        let kibibytes = line.trim().strip_suffix(" kB").and_then(|number| number.parse::<usize>().ok());
        kibibytes.expect("a number of KiB") * 1024
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
