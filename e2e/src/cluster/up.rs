//! Starting a cluster: in the order in which its parts need each other, as many at once as can be.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use k8s_openapi::api::core::v1::{Namespace, Node, ServiceAccount};
use kube::{Api, Client};
use tokio::net::TcpStream;

use super::{
    api_server, container_runtime, control_groups, controller_manager, dns, down, etcd, kube_proxy,
    kubeconfig, kubelet, names, pki, scheduler, standing, storage_classes, volume_expander,
};
use crate::{
    folders, image,
    progress::{Step, say},
    sandbox::Sandbox,
    tools::{self, Tools},
    wait,
};

/// A machine that does something else as well may be slow.
const START: Duration = Duration::from_secs(120);
/// There when everything was started.
const COMPLETE: &str = "complete";

/// Starts the cluster, unless it is running, and gives it the images of this checkout as they are now.
pub(crate) async fn up() -> anyhow::Result<()> {
    ensure!(
        rustix::process::geteuid().is_root(),
        "a local cluster needs root: run this with sudo, or name another cluster in KUBECONFIG"
    );
    let _lock = folders::lock()?;
    let state = folders::state()?;
    // Also what those need who attach: better built here, where a wait is expected.
    let tools = tools::ensure_all()?;
    let images = image::build_all()?;

    if let Some(sandbox) = complete(&state)? {
        say("the cluster is already running");
        sandbox.enter_network()?;
        return import(&sandbox, &images);
    }
    let step = Step::begin("remove what an earlier cluster left");
    down::remove(&state).await?;
    step.done();
    folders::ensure_room()?;

    let step = Step::begin("make keys, configuration and namespaces");
    make_state(&state)?;
    control_groups::make()?;
    let sandbox = Sandbox::start(&state, &mounted(&tools)).await?;
    sandbox.enter_network()?;
    step.done();

    let step = Step::begin("start etcd and containerd");
    etcd::daemon().start(&sandbox, &state)?;
    container_runtime::daemon().start(&sandbox, &state)?;
    listening(&sandbox, &state, etcd::NAME, ([127, 0, 0, 1], names::ETCD_PORT).into()).await?;
    step.done();

    // It takes seconds, in which images are imported.
    api_server::daemon().start(&sandbox, &state)?;
    runtime_ready(&sandbox, &state).await?;
    import(&sandbox, &images)?;

    let step = Step::begin("start the API server");
    let client = kubeconfig::client(&administrator(&state)).await?;
    api_ready(&sandbox, &state, &client).await?;
    step.done();

    let step = Step::begin("start the controllers and the node");
    for daemon in [
        controller_manager::daemon(),
        scheduler::daemon(),
        kubelet::daemon(),
        kube_proxy::daemon(),
        dns::daemon(),
        volume_expander::daemon(),
    ] {
        daemon.start(&sandbox, &state)?;
    }
    storage_classes::apply(&client).await?;
    node_ready(&sandbox, &state, &client).await?;
    step.done();
    fs::write(state.join(COMPLETE), "")?;
    Ok(())
}

/// The sandbox of a cluster that was started to the end and runs.
pub(crate) fn complete(state: &Path) -> anyhow::Result<Option<Sandbox>> {
    if state.join(COMPLETE).exists() { Sandbox::running(state) } else { Ok(None) }
}

/// The kubeconfig that may do everything.
pub(crate) fn administrator(state: &Path) -> PathBuf {
    let file = Path::new(pki::ADMINISTRATOR).file_name().expect("it names a file");
    state.join("pki").join(file)
}

fn make_state(state: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(state).with_context(|| format!("cannot make {}", state.display()))?;
    // One process is not root and reads its own files here; the files say who may.
    fs::set_permissions(state, fs::Permissions::from_mode(0o755))?;
    pki::write(state)?;
    container_runtime::write_config(state)?;
    kubelet::write_config(state)?;
    dns::write_config(state)
}

fn mounted(tools: &Tools) -> [(&'static str, &Path); 5] {
    [
        ("kubernetes", &tools.kubernetes),
        ("api-server", &tools.api_server),
        ("etcd", &tools.etcd),
        ("containerd", &tools.containerd),
        ("coredns", &tools.coredns),
    ]
}

fn import(sandbox: &Sandbox, images: &[image::Image]) -> anyhow::Result<()> {
    for image in images {
        let step = Step::begin(format_args!("import {}", image.name));
        image.import(sandbox)?;
        step.done();
    }
    Ok(())
}

async fn listening(sandbox: &Sandbox, state: &Path, name: &str, address: SocketAddr) -> anyhow::Result<()> {
    wait::until(name, START, async || {
        standing::check(sandbox, state)?;
        Ok(TcpStream::connect(address).await.map(drop).map_err(|error| error.to_string()))
    })
    .await
}

async fn runtime_ready(sandbox: &Sandbox, state: &Path) -> anyhow::Result<()> {
    wait::until(container_runtime::NAME, START, async || {
        standing::check(sandbox, state)?;
        Ok(image::list(sandbox).map(drop).map_err(|error| format!("{error:#}")))
    })
    .await
}

async fn api_ready(sandbox: &Sandbox, state: &Path, client: &Client) -> anyhow::Result<()> {
    wait::until(api_server::NAME, START, async || {
        standing::check(sandbox, state)?;
        // It makes this namespace itself, last.
        Ok(match Api::<Namespace>::all(client.clone()).get_opt("default").await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err("it has not made the first namespace".to_owned()),
            Err(error) => Err(error.to_string()),
        })
    })
    .await
}

async fn node_ready(sandbox: &Sandbox, state: &Path, client: &Client) -> anyhow::Result<()> {
    wait::until("the node", START, async || {
        standing::check(sandbox, state)?;
        let node = match Api::<Node>::all(client.clone()).get_opt(names::NODE).await {
            Ok(Some(node)) => node,
            Ok(None) => return Ok(Err("the kubelet has not registered it".to_owned())),
            Err(error) => return Ok(Err(error.to_string())),
        };
        let conditions = node.status.and_then(|status| status.conditions).unwrap_or_default();
        let ready = conditions.into_iter().find(|condition| condition.type_ == "Ready");
        Ok(match ready {
            Some(ready) if ready.status == "True" => Ok(()),
            Some(ready) => Err(ready.message.unwrap_or_default()),
            None => Err("it has not said how it is".to_owned()),
        })
    })
    .await?;
    // Pods of a namespace are admitted once a controller has made its account.
    let accounts = Api::<ServiceAccount>::namespaced(client.clone(), "default");
    wait::until("the service account of pods", START, async || {
        standing::check(sandbox, state)?;
        Ok(match accounts.get_opt("default").await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err("no controller has made it".to_owned()),
            Err(error) => Err(error.to_string()),
        })
    })
    .await
}
