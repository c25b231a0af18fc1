//! The processes behind the local cluster: what only somebody on the machine can do to it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client};

use crate::{
    cluster::{self, daemon::Daemon, standing::Standing},
    command, image,
    sandbox::Sandbox,
};

/// A signal that tests send to containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ends it as a crash of the machine would.
    Kill,
    /// Makes it stand still, as a pause of the machine would.
    Stop,
    /// Lets it go on.
    Continue,
}

/// A part of the control plane that tests take away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Nothing can be read or written.
    ApiServer,
    /// Nothing follows what is written: StatefulSets, endpoints, volumes.
    ControllerManager,
}

/// Whom a pod that is cut off cannot reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutOffFrom {
    /// Nothing passes but what it says to itself.
    Everybody,
    /// Clients and probes reach it, other nodes do not.
    Peers,
    /// Clients, probes and the other nodes of its cluster reach it. An engine at this port does not, nor do other data centres.
    Engine(u16),
}

/// The machine that the local cluster runs on.
pub struct Host {
    sandbox: Sandbox,
    state: PathBuf,
    client: Client,
}

impl Host {
    pub(crate) fn new(sandbox: Sandbox, state: PathBuf, client: Client) -> Self {
        Self { sandbox, state, client }
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The state folder of the cluster.
    pub(crate) fn state(&self) -> &Path {
        &self.state
    }

    /// The process that a container runs, as it is numbered among the cluster's processes.
    ///
    /// # Errors
    /// The pod has no such container, or it is not running.
    pub async fn pid_of(&self, namespace: &str, pod: &str, container: &str) -> anyhow::Result<u32> {
        let found = Api::<Pod>::namespaced(self.client.clone(), namespace).get(pod).await?;
        let statuses = found.status.and_then(|status| status.container_statuses).unwrap_or_default();
        let id = statuses
            .iter()
            .find(|status| status.name == container)
            .and_then(|status| status.container_id.as_deref()?.strip_prefix("containerd://"))
            .with_context(|| format!("pod {pod} has no container {container} yet"))?;
        // Where the runtime keeps what it runs; the kubelet's containers are in its namespace k8s.io.
        let tasks = "/run/containerd/io.containerd.runtime.v2.task/k8s.io";
        let file = self.sandbox.path(&format!("{tasks}/{id}/init.pid"));
        let pid = fs::read_to_string(&file)
            .with_context(|| format!("container {container} of pod {pod} is not running"))?;
        pid.trim().parse().with_context(|| format!("{} holds no process id", file.display()))
    }

    /// Sends a signal to a process of [`Host::pid_of`].
    ///
    /// # Errors
    /// It is gone.
    pub fn signal(&self, pid: u32, signal: Signal) -> anyhow::Result<()> {
        let name = match signal {
            Signal::Kill => "KILL",
            Signal::Stop => "STOP",
            Signal::Continue => "CONT",
        };
        self.sandbox.signal(pid, name)
    }

    /// Cuts the pod of a process of [`Host::pid_of`] off: what it sends and what is sent to it is dropped without a word. It
    /// takes the place of an earlier cut.
    ///
    /// # Errors
    /// The process is gone.
    pub fn cut_off(&self, pid: u32, from: CutOffFrom) -> anyhow::Result<()> {
        // What is deleted must be there.
        self.filter(pid, &format!("table inet cut {{ }}\n{RECONNECTED}\n{}", from.rules()))
    }

    /// Ends what [`Host::cut_off`] began.
    ///
    /// # Errors
    /// The process is gone, or was not cut off.
    pub fn reconnect(&self, pid: u32) -> anyhow::Result<()> {
        self.filter(pid, RECONNECTED)
    }

    /// Changes the packet filter of a pod's own network.
    fn filter(&self, pid: u32, rules: &str) -> anyhow::Result<()> {
        let mut filter = self.sandbox.command("nsenter");
        filter.args([&format!("--target={pid}"), "--net", "--", "nft", "--file", "-"]);
        command::output_of_input(&mut filter, rules.as_bytes()).map(drop)
    }

    /// How much memory of the machine a process of [`Host::pid_of`] has, in bytes.
    ///
    /// # Errors
    /// It is gone.
    pub fn resident_bytes(&self, pid: u32) -> anyhow::Result<u64> {
        let path = self.sandbox.path(&format!("/proc/{pid}/status"));
        let status = fs::read_to_string(&path).with_context(|| format!("process {pid} is gone"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("it has ended")?;
        let kibibytes = line.trim().trim_end_matches(" kB").parse::<u64>()?;
        Ok(kibibytes * 1024)
    }

    /// Gives an image a second name, as a release that has the same programs as the one before.
    ///
    /// # Errors
    /// The cluster has no such image.
    pub fn tag(&self, image: &str, other: &str) -> anyhow::Result<()> {
        image::tag(&self.sandbox, image, other)
    }

    /// Stops a part and waits until it has ended.
    ///
    /// # Errors
    /// It cannot be stopped.
    pub async fn stop(&self, part: Part) -> anyhow::Result<()> {
        cluster::daemon::stop(&self.sandbox, &self.state, part.name()).await
    }

    /// Starts a part that was stopped, as it was. It takes a moment until it answers.
    ///
    /// # Errors
    /// It is running, or ends at once.
    pub fn start(&self, part: Part) -> anyhow::Result<()> {
        let name = part.name();
        if self.standing(part)? == Standing::Running {
            bail!("{name} is running already");
        }
        Daemon::remembered(&self.state, name)?.start(&self.sandbox, &self.state)
    }

    /// Which parts have ended by themselves since the cluster was made, why, and what was done about it.
    pub fn ended(&self) -> String {
        cluster::revive::record(&self.state)
    }

    /// Starts every part that was stopped.
    ///
    /// # Errors
    /// One ends at once.
    pub fn start_stopped(&self) -> anyhow::Result<()> {
        for part in [Part::ApiServer, Part::ControllerManager] {
            if self.standing(part)? == Standing::Stopped {
                self.start(part)?;
            }
        }
        Ok(())
    }

    fn standing(&self, part: Part) -> anyhow::Result<Standing> {
        Standing::of(&self.sandbox, &self.state, part.name())
    }
}

impl CutOffFrom {
    fn rules(self) -> String {
        let both_ways = |rules: [&str; 2]| {
            let [inward, outward] = rules;
            format!(
                "table inet cut {{
                    chain in {{ type filter hook input priority 0; {inward} }}
                    chain out {{ type filter hook output priority 0; {outward} }}
                }}"
            )
        };
        let ports = |ports: &str| {
            // Either side may have opened the connection.
            let rules = format!("tcp dport {{ {ports} }} drop; tcp sport {{ {ports} }} drop;");
            both_ways([&rules, &rules])
        };
        match self {
            Self::Everybody => both_ways(["policy drop; iif lo accept;", "policy drop; oif lo accept;"]),
            Self::Peers => ports("42425"),
            Self::Engine(port) => ports(&format!("42426, {port}")),
        }
    }
}

/// Ends a cut of any kind.
const RECONNECTED: &str = "delete table inet cut";

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::ApiServer => cluster::API_SERVER,
            Self::ControllerManager => cluster::CONTROLLER_MANAGER,
        }
    }
}
