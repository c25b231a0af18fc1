//! The nodes of a cluster in Kubernetes, by the program kubectl: whoever may use it may use this, with the same rights and
//! the same configuration.

mod forward;
mod pods;

use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use tokio::process::Command;
use tokio::time::timeout;

use crate::each::each;
use crate::place::Kubernetes;

pub(crate) use forward::Forward;
pub(crate) use pods::{Pod, Port};

/// kubectl, told where the cluster is.
#[derive(Clone, Debug)]
pub(crate) struct Kubectl {
    cluster: String,
    flags: Vec<OsString>,
    deadline: Duration,
}

impl Kubectl {
    /// `None` if the nodes are not in Kubernetes.
    pub(crate) fn new(typed: &Kubernetes, deadline: Duration) -> Option<Self> {
        let cluster = typed.cluster.clone()?;
        let flag = |name: &str, value: OsString| {
            let mut flag = OsString::from(format!("--{name}="));
            flag.push(value);
            flag
        };
        let flags = [
            typed.namespace.clone().map(|value| flag("namespace", value.into())),
            typed.context.clone().map(|value| flag("context", value.into())),
            typed.kubeconfig.clone().map(|value| flag("kubeconfig", value.into())),
        ];
        Some(Self { cluster, flags: flags.into_iter().flatten().collect(), deadline })
    }

    /// The cluster's pods that serve.
    pub(crate) async fn pods(&self) -> anyhow::Result<Vec<Pod>> {
        let cluster = &self.cluster;
        if cluster.is_empty() || !cluster.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            bail!("{cluster:?} is no name of a cluster: write the one of its SessionCluster after --cluster");
        }
        let mut asking = self.command();
        asking.args(["get", "pods", "--output=json", "--selector"]).arg(pods::selector(cluster));
        let done = match timeout(self.deadline, asking.output()).await {
            Ok(done) => done.map_err(|error| not_started(&error))?,
            Err(_) => bail!("kubectl did not list the pods within {} s", self.deadline.as_secs()),
        };
        if !done.status.success() {
            bail!("kubectl cannot list the pods of cluster {cluster}: {}", said(&done.stderr));
        }
        let (ready, all) =
            pods::ready(&done.stdout).context("kubectl listed pods that cannot be understood")?;
        match (ready.is_empty(), all) {
            (false, _) => Ok(ready),
            (true, 0) => bail!(
                "there is no pod of a cluster {cluster} here: look at `kubectl get sessionclusters --all-namespaces`, and \
                 name its namespace with -n"
            ),
            (true, all) => bail!(
                "none of the {all} pods of cluster {cluster} is ready: `kubectl describe sessioncluster {cluster}` says why"
            ),
        }
    }

    /// One of them.
    pub(crate) async fn any_pod(&self) -> anyhow::Result<Pod> {
        self.pods().await?.into_iter().next().context("the list has a pod")
    }

    /// A way to one port of a pod.
    pub(crate) async fn forward(&self, pod: &Pod, port: Port) -> anyhow::Result<Forward> {
        let way = format!("kubectl port-forward to {}", pod.name);
        match timeout(self.deadline, Forward::open(self.command(), pod, port)).await {
            Ok(forward) => forward.with_context(|| format!("{way} ended")),
            Err(_) => bail!("{way} was not ready within {} s", self.deadline.as_secs()),
        }
    }

    /// Ways to the admin ports of all of these, in their order.
    pub(crate) async fn forward_all(&self, pods: Vec<Pod>) -> Vec<(Pod, anyhow::Result<Forward>)> {
        each(pods, |pod| {
            let kubectl = self.clone();
            async move {
                let forward = kubectl.forward(&pod, Port::Admin).await;
                (pod, forward)
            }
        })
        .await
    }

    fn command(&self) -> Command {
        let mut command = Command::new("kubectl");
        // Dropped on whatever way, it does not stay behind.
        command.args(&self.flags).stdin(Stdio::null()).kill_on_drop(true);
        command
    }
}

fn not_started(error: &std::io::Error) -> anyhow::Error {
    match error.kind() {
        std::io::ErrorKind::NotFound => anyhow!(
            "there is no program kubectl on the PATH: install it, or name the nodes with --server and --admin instead of \
             --cluster"
        ),
        _ => anyhow!("kubectl cannot be run: {error}"),
    }
}

/// What a program said, as one line.
fn said(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() { "it does not say why".to_owned() } else { lines.join("; ") }
}
