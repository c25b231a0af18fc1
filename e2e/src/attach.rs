//! The cluster that tests use: the local one, or the one that `KUBECONFIG` names.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;
use kube::Client;

use crate::{
    cluster::{administrator, complete, kubeconfig, standing},
    folders,
    host::Host,
    images::Images,
    reach::Reach,
    sandbox::Sandbox,
    tools::Clients,
};

/// Which of the two Helms that the chart is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Helm {
    /// Version 3.
    Three,
    /// Version 4.
    Four,
}

/// A cluster that runs, and the clients for it.
pub struct Cluster {
    client: Client,
    kubeconfig: PathBuf,
    clients: Clients,
    images: Images,
    /// Absent if somebody else runs the cluster.
    sandbox: Option<Sandbox>,
    host: Option<Host>,
}

/// The kubeconfig of a cluster that somebody else runs and that is to be used instead of a local one.
pub(crate) fn given() -> Option<PathBuf> {
    let path = env::var_os("KUBECONFIG").filter(|path| !path.is_empty()).map(PathBuf::from)?;
    // The local cluster's own, as `exec` hands it to the programs that it runs.
    let local = folders::state().is_ok_and(|state| path == administrator(&state));
    (!local).then_some(path)
}

impl Cluster {
    /// The cluster that runs. With a local one, this thread moves to the cluster's network, and with it every
    /// thread that it starts later: call this from the thread that will make connections, such as that of a
    /// current-thread runtime.
    ///
    /// # Errors
    /// No cluster runs, or this may not use it: the message says what to do.
    pub async fn attach() -> anyhow::Result<Self> {
        if let Some(kubeconfig) = given() {
            let client = kubeconfig::client(&kubeconfig).await?;
            let (clients, images) = (Clients::ensure()?, Images::given()?);
            return Ok(Self { client, kubeconfig, clients, images, sandbox: None, host: None });
        }
        let state = folders::state()?;
        let sandbox = complete(&state)?.context(
            "no local cluster runs; start one with `cargo xtask up`, or name another in KUBECONFIG",
        )?;
        standing::all_running(&sandbox, &state).await?;
        sandbox.enter_network()?;
        let kubeconfig = administrator(&state);
        let client = kubeconfig::client(&kubeconfig).await?;
        let host = Host::new(sandbox.clone(), state, client.clone());
        Ok(Self {
            client,
            kubeconfig,
            clients: Clients::ensure_with_kubectl()?,
            images: Images::local(),
            sandbox: Some(sandbox),
            host: Some(host),
        })
    }

    /// A client that may do everything.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// What [`Cluster::client`] is made from.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// What the chart is to be told to run.
    pub fn images(&self) -> &Images {
        &self.images
    }

    /// The processes behind the cluster; `None` if somebody else runs it.
    pub fn host(&self) -> Option<&Host> {
        self.host.as_ref()
    }

    /// `kubectl`, without arguments yet.
    pub fn kubectl(&self) -> Command {
        self.command(self.clients.kubectl())
    }

    /// `helm`, without arguments yet.
    pub fn helm(&self, version: Helm) -> Command {
        let folder = match version {
            Helm::Three => &self.clients.helm_3,
            Helm::Four => &self.clients.helm_4,
        };
        self.command(folder.join("helm"))
    }

    /// Any program, on the cluster's network, with `kubectl` and `helm` in its PATH.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = match &self.sandbox {
            Some(sandbox) => sandbox.network_command(program),
            None => Command::new(program),
        };
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = self.clients.folders().map(Path::to_path_buf).chain(env::split_paths(&path));
        // A folder whose name has a colon was never found by name.
        command.env("PATH", env::join_paths(folders).unwrap_or(path)).env("KUBECONFIG", &self.kubeconfig);
        command
    }

    /// A way from this thread to a Service.
    ///
    /// # Errors
    /// It does not exist, or has no pod that could be reached.
    pub async fn reach(&self, namespace: &str, service: &str, port: u16) -> anyhow::Result<Reach> {
        if self.sandbox.is_some() {
            return Reach::directly(&self.client, namespace, service, port).await;
        }
        let mut forward = self.kubectl();
        forward.args(["--namespace", namespace, "port-forward", &format!("service/{service}")]);
        Reach::forwarded(forward.arg(format!(":{port}")))
    }
}
