//! What `up` shows at its end: the chart installed, the sample applied, a session stored and read.

#![expect(clippy::disallowed_methods, reason = "people are told how long it took them to get a session")]

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use cloakroom_client::{Connection, Read, Session, Timeout, Written};
use cloakroom_crds::SessionCluster;
use kube::{Api, ResourceExt as _};
use serde_json::json;

use crate::{
    attach::{Cluster, Helm},
    checkout, command,
    engine::{Engine, Flavour, Mode, Purpose},
    forward::{self, Outside},
    progress::{Step, say},
    testbed::install,
    wait,
};

const NAMESPACE: &str = "default";
const SAMPLE: &str = "charts/cloakroom/samples/sessioncluster.yaml";
/// Images are there already; what takes time is starting processes.
const READY: Duration = Duration::from_secs(120);
const APPLICATION: &str = "/LM/W3SVC/1/ROOT";
const BODY: &[u8] = b"hello";

/// The engine behind the nodes of the sample, and how sessions get into it.
#[derive(Clone, Copy, Debug)]
pub struct Backing {
    /// Which engine.
    pub flavour: Flavour,
    /// How.
    pub mode: Mode,
}

/// Installs, applies, stores, reads and says how to go on.
pub(crate) async fn run(
    cluster: &Cluster,
    backing: Option<Backing>,
    outside: &Outside,
) -> anyhow::Result<()> {
    let installed = Instant::now();
    let step = Step::begin("helm install cloakroom");
    install(cluster)?;
    step.done();
    let engine = match backing {
        Some(backing) => Some(start(cluster, backing).await?),
        None => None,
    };

    let applied = Instant::now();
    let step = Step::begin(format_args!("kubectl apply {SAMPLE}"));
    apply(cluster, backing.zip(engine.as_ref()))?;
    step.done();
    let step = Step::begin("wait until it is Ready");
    let ready = condition(cluster, "Ready").await?;
    step.done();
    let apply_to_ready = applied.elapsed();

    let step = Step::begin("store and read a session through the Service");
    let (name, port) = (ready.name_any(), u16::try_from(ready.spec.state.port)?);
    let way = cluster.reach(NAMESPACE, &name, port).await?;
    store_and_read(&way.address).await?;
    step.done();
    let install_to_session = installed.elapsed();
    let here = cluster
        .host()
        .map(|host| forward::start(host.sandbox(), host.state(), outside, &way.address))
        .transpose()?;
    if engine.is_some() {
        let step = Step::begin("wait until every node reaches the backing store");
        condition(cluster, "BackingStoreReachable").await?;
        step.done();
    }

    say(format_args!("\nkubectl apply to Ready            {:5.1} s", apply_to_ready.as_secs_f64()));
    say(format_args!("helm install to a stored session  {:5.1} s", install_to_session.as_secs_f64()));
    say(format_args!("\nService    {name}.{NAMESPACE}.svc, port {port}, at {}", way.address));
    if let Some(here) = here {
        say(format_args!("           and at {here} for every program of this machine"));
    }
    for endpoint in ready.status.unwrap_or_default().endpoints {
        say(format_args!("endpoint   {} at {}", endpoint.node, endpoint.address));
    }
    if let Some(engine) = engine {
        say(format_args!(
            "engine     {}; its password is in the Secret that the sample names",
            engine.address()
        ));
    }
    say("\nGo on with
  cargo xtask kubectl get sessionclusters
  cargo xtask kubectl explain sessioncluster.spec
  cargo xtask kubectl scale sessioncluster/demo --replicas=2
  cargo xtask exec PROGRAM ...    # on the cluster's network, where these addresses are
  cargo xtask down");
    say(format_args!(
        "\nor with a shop whose sessions are there, while you delete its pods\n  {}",
        shop(here)
    ));
    Ok(())
}

/// How to start the example.
fn shop(here: Option<SocketAddr>) -> String {
    let shop = "cargo run -p cloakroom-client --example shop";
    match here {
        Some(here) if here == forward::USUAL => shop.to_owned(),
        Some(here) => format!("{shop} -- --server {here}"),
        None => format!("kubectl port-forward service/demo 42424 & {shop}"),
    }
}

fn install(cluster: &Cluster) -> anyhow::Result<()> {
    // An operator that runs since an earlier `up` has that one's image; its successor gets the one of now.
    let mut earlier = cluster.kubectl();
    earlier.args(["--namespace", install::NAMESPACE, "delete", "pod", "--wait=false"]);
    command::output(earlier.arg("--selector=app.kubernetes.io/name=cloakroom-operator"))?;
    let mut helm = cluster.helm(Helm::Four);
    helm.args(["upgrade", "--install", install::RELEASE]).arg(install::chart());
    helm.args(["--namespace", install::NAMESPACE, "--create-namespace", "--wait", "--timeout=2m"]);
    command::output(helm.args(cluster.images().values()))?;
    Ok(())
}

/// An engine that the sample may use.
async fn start(cluster: &Cluster, backing: Backing) -> anyhow::Result<Engine> {
    let host = cluster.host().context(
        "an engine can be started beside the local cluster only; in the one that KUBECONFIG names, write \
         spec.backingStore as the samples in charts/cloakroom/samples do",
    )?;
    let step = Step::begin(format_args!("start {:?} beside the cluster", backing.flavour));
    let engine = Engine::running(host, backing.flavour, Purpose::Demo).await?;
    engine.admit(&cluster.client(), NAMESPACE).await?;
    step.done();
    Ok(engine)
}

/// The sample as it is, or with a backing store.
fn apply(cluster: &Cluster, engine: Option<(Backing, &Engine)>) -> anyhow::Result<()> {
    let sample = checkout().join(SAMPLE);
    let mut apply = cluster.kubectl();
    apply.args(["--namespace", NAMESPACE, "apply", "--filename"]);
    let Some((backing, engine)) = engine else {
        return command::output(apply.arg(sample)).map(drop);
    };
    let patch = json!({ "spec": { "backingStore": engine.spec(backing.mode) } });
    let mut patched = cluster.kubectl();
    patched.args(["patch", "--local", "--type=merge", "--output=json"]);
    let patched = command::output(patched.arg(format!("--patch={patch}")).arg("--filename").arg(sample))?;
    command::output_of_input(apply.arg("-"), patched.as_bytes()).map(drop)
}

/// The sample, once its operator says of it, as it is now, that `kind` is true.
async fn condition(cluster: &Cluster, kind: &str) -> anyhow::Result<SessionCluster> {
    let clusters = Api::<SessionCluster>::namespaced(cluster.client(), NAMESPACE);
    wait::until(&format!("{kind} of the SessionCluster demo"), READY, async || {
        let found = clusters.get("demo").await?;
        let status = found.status.clone().unwrap_or_default();
        let said = status.conditions.iter().find(|condition| condition.type_ == kind);
        Ok(match said {
            Some(said)
                if said.status == "True" && status.observed_generation == found.metadata.generation =>
            {
                Ok(found)
            }
            Some(said) => Err(format!("{}: {}", said.reason, said.message)),
            None => Err("the operator has not said anything about it".to_owned()),
        })
    })
    .await
}

/// On one connection, which leads to one node.
async fn store_and_read(address: &str) -> anyhow::Result<()> {
    let session = Session::new(APPLICATION, "demo").context("the id is short")?;
    // The node's proxy follows the endpoints a moment later.
    let mut node = wait::until("a connection to the Service", READY, async || {
        Ok(Connection::connect(address).await.map_err(|error| error.to_string()))
    })
    .await?;
    let written = node.set(&session, BODY, Timeout::DEFAULT, None).await?;
    if written != Written::Done {
        bail!("the session was not stored: {written:?}");
    }
    match node.get(&session).await? {
        Read::Found(item) if item.body == BODY => Ok(()),
        other => bail!("the session that was stored is read as {other:?}"),
    }
}
