//! A place of its own for a cluster: network, mounts and process ids that the machine does not share.
//!
//! Everything a cluster starts is a descendant of one process, the [`keeper`], which is process 1 of the
//! place. When that one ends, the kernel ends all others and drops the interfaces, packet filter rules and
//! mounts with them. So nothing outlives a cluster, however it ended, and nothing of it has to be listed.
//!
//! Inside, paths are fixed: `/run`, `/tmp`, `/var/lib` and `/var/log` are the cluster's own, the state
//! folder is [`STATE`] and the programs are below [`TOOLS`].

mod identity;
pub mod keeper;
pub(crate) mod limits;

use std::{
    fs,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::os::fd::AsFd as _;

pub(crate) use identity::Identity;

use crate::{command, wait};

/// The state folder as it is called inside.
pub(crate) const STATE: &str = "/run/cloakroom/state";
/// The folder of programs as it is called inside.
pub(crate) const TOOLS: &str = "/run/cloakroom/tools";

/// Which process is the keeper; written by itself before anything else.
const KEEPER: &str = "keeper.json";
/// There when the place is made.
const READY: &str = "ready";

/// Making mounts and interfaces takes milliseconds.
const START: Duration = Duration::from_secs(30);
/// Killing every process and freeing their memory.
const END: Duration = Duration::from_secs(60);

/// A running place.
#[derive(Clone, Debug)]
pub(crate) struct Sandbox {
    keeper: Identity,
}

impl Sandbox {
    /// Makes the place. `tools` are the folders to show below [`TOOLS`], by name.
    pub(crate) async fn start(state: &Path, tools: &[(&str, &Path)]) -> anyhow::Result<Self> {
        let log = state.join("keeper.log");
        let output = fs::File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut start = Command::new("unshare");
        start.args(["--net", "--mount", "--pid", "--fork", "--propagation", "private"]);
        start.arg(std::env::current_exe()?).arg("keep").arg("--state").arg(state);
        for (name, folder) in tools {
            start.arg("--tool").arg(format!("{name}={}", folder.display()));
        }
        // A group of its own: what interrupts the terminal's command must not end the cluster.
        start.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output).process_group(0);
        let mut started = start.spawn().context("cannot start unshare")?;
        wait::until("the cluster's namespaces", START, async || {
            if let Some(status) = started.try_wait()? {
                bail!("{status}: {}", fs::read_to_string(&log).unwrap_or_default().trim());
            }
            if !state.join(READY).exists() {
                return Ok(Err("its mounts and interfaces are not made".to_owned()));
            }
            Ok(Self::running(state)?.ok_or_else(|| "it is not recorded".to_owned()))
        })
        .await
    }

    /// The place that was made with this state folder, if it is still there.
    pub(crate) fn running(state: &Path) -> anyhow::Result<Option<Self>> {
        Ok(Identity::read(&state.join(KEEPER))?
            .filter(|keeper| keeper.alive_in(Path::new("/proc")))
            .map(|keeper| Self { keeper }))
    }

    /// `program` inside, with everything.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        self.enter(&["--mount", "--net", "--pid"], program)
    }

    /// `program` on the place's network alone, with this machine's files and processes.
    pub(crate) fn network_command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        self.enter(&["--net"], program)
    }

    /// `program` among the place's processes, and so ending with them, with this machine's files and another `network`.
    pub(crate) fn process_command(&self, network: &Path, program: impl AsRef<std::ffi::OsStr>) -> Command {
        self.enter(&["--pid", &format!("--net={}", network.display())], program)
    }

    fn enter(&self, namespaces: &[&str], program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--target={}", self.keeper.pid)).args(namespaces).arg("--").arg(program);
        command
    }

    /// Moves this thread, and the threads that it starts from now on, to the place's network.
    pub(crate) fn enter_network(&self) -> anyhow::Result<()> {
        let path = format!("/proc/{}/ns/net", self.keeper.pid);
        let namespace = fs::File::open(&path).with_context(|| format!("cannot open {path}"))?;
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
            .context("cannot enter the cluster's network; this needs root")
    }

    /// What is called `inside` there, as this machine calls it.
    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{inside}", self.keeper.pid))
    }

    /// The process `pid` of there. The id is recycled at the earliest after some 30,000 others, so an
    /// identity taken once stays good.
    pub(crate) fn identity(&self, pid: u32) -> anyhow::Result<Identity> {
        Identity::of(&self.path("/proc"), pid)
    }

    /// Whether that very process is still running there.
    pub(crate) fn alive(&self, process: &Identity) -> bool {
        process.alive_in(&self.path("/proc"))
    }

    /// Sends `signal`, named without SIG, to the process `pid` of there.
    pub(crate) fn signal(&self, pid: u32, signal: &str) -> anyhow::Result<()> {
        let mut kill = self.enter(&["--pid"], "kill");
        command::output(kill.args(["-s", signal, &pid.to_string()])).map(drop)
    }

    /// Ends every process of the place and waits until they are gone, and the place with them.
    pub(crate) async fn end(&self) -> anyhow::Result<()> {
        self.keeper.kill()?;
        let proc = Path::new("/proc");
        wait::until("the end of the cluster's processes", END, async || {
            Ok(if self.keeper.alive_in(proc) { Err("process 1 is still there".to_owned()) } else { Ok(()) })
        })
        .await
    }
}
