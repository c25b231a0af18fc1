//! From nothing to a cluster and back: what `up` and `down` do.

use anyhow::bail;

use crate::{
    attach::{Cluster, given},
    cluster,
    demo::{self, Backing},
    folders,
    forward::Outside,
    progress::{Step, say},
};

/// Starts the local cluster, or uses the one that `KUBECONFIG` names; with a demo, installs the chart and
/// its sample there, the latter with `backing` if that is given.
///
/// # Errors
/// Something cannot be built or started: the message says what, and how to help it.
pub async fn up(demo: bool, backing: Option<Backing>) -> anyhow::Result<()> {
    let outside = Outside::here()?;
    if let Some(kubeconfig) = given() {
        say(format_args!("using the cluster of KUBECONFIG, {}", kubeconfig.display()));
    } else {
        cluster::up().await?;
    }
    if demo {
        demo::run(&Cluster::attach().await?, backing, &outside).await?;
    }
    Ok(())
}

/// Removes the local cluster and every trace of it but the built tools.
///
/// # Errors
/// Something cannot be ended or removed.
pub async fn down() -> anyhow::Result<()> {
    if let Some(kubeconfig) = given() {
        bail!(
            "KUBECONFIG names the cluster of {}, which this did not start; remove what it has there with \
             `helm uninstall cloakroom --namespace cloakroom-system`, or unset KUBECONFIG",
            kubeconfig.display()
        );
    }
    let _lock = folders::lock()?;
    let step = Step::begin("remove the local cluster");
    cluster::remove(&folders::state()?).await?;
    step.done();
    Ok(())
}
