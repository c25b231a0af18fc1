//! What a storage driver does when a claim asks for more: the volume grows, and the claim says so.
//!
//! Kubernetes leaves this to each driver, and the built-in one for folders on the node has it not. A folder is
//! as large as its disk, so growing is a matter of the two numbers.

use std::{path::Path, pin::pin};

use futures_util::TryStreamExt as _;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use kube::{
    Api, Client,
    api::{Patch, PatchParams},
    runtime::{WatchStreamExt as _, watcher},
};
use serde_json::json;

use super::{daemon::Daemon, kubeconfig, pki};

pub(crate) const NAME: &str = "volume-expander";

pub(crate) fn daemon() -> Daemon {
    // The keeper is the same program, and its path may be out of sight inside.
    Daemon::new(NAME, "/proc/1/exe", ["expand-volumes", "--kubeconfig", pki::ADMINISTRATOR])
}

/// Grows volumes until it is stopped.
///
/// # Errors
/// The API server refuses something; the watch itself survives its restarts. Whoever starts this again has it look at
/// every claim anew.
pub async fn run(path: &Path) -> anyhow::Result<()> {
    let client = kubeconfig::client(path).await?;
    let claims = Api::<PersistentVolumeClaim>::all(client.clone());
    let mut changed = pin!(watcher(claims, watcher::Config::default()).default_backoff().touched_objects());
    loop {
        match changed.try_next().await {
            Ok(Some(claim)) => match grow(&client, &claim).await {
                // A claim or a volume that is deleted meanwhile needs no more room.
                Err(kube::Error::Api(refusal)) if refusal.is_not_found() => {}
                grown => grown?,
            },
            Ok(None) => return Ok(()),
            // The watcher starts anew by itself.
            Err(_) => {}
        }
    }
}

async fn grow(client: &Client, claim: &PersistentVolumeClaim) -> kube::Result<()> {
    let Some(Growth { volume, size }) = wanted(claim) else {
        return Ok(());
    };
    let capacity = json!({"storage": size});
    let params = PatchParams::default();
    Api::<PersistentVolume>::all(client.clone())
        .patch(&volume, &params, &Patch::Merge(json!({"spec": {"capacity": capacity}})))
        .await?;
    let metadata = &claim.metadata;
    let (name, namespace) = (metadata.name.as_deref(), metadata.namespace.as_deref());
    Api::<PersistentVolumeClaim>::namespaced(client.clone(), namespace.unwrap_or("default"))
        .patch_status(
            name.unwrap_or_default(),
            &params,
            &Patch::Merge(json!({"status": {"capacity": capacity, "conditions": null}})),
        )
        .await?;
    Ok(())
}

struct Growth {
    volume: String,
    size: String,
}

/// The growth that a bound claim waits for. A claim never shrinks, so what differs has grown.
fn wanted(claim: &PersistentVolumeClaim) -> Option<Growth> {
    let spec = claim.spec.as_ref()?;
    let status = claim.status.as_ref()?;
    let size = &spec.resources.as_ref()?.requests.as_ref()?.get("storage")?.0;
    let has = &status.capacity.as_ref()?.get("storage")?.0;
    let bound = status.phase.as_deref() == Some("Bound");
    (bound && size != has)
        .then(|| Some(Growth { volume: spec.volume_name.clone()?, size: size.clone() }))
        .flatten()
}

#[cfg(test)]
mod tests {
    //! Which claims wait for growth.

    use serde_json::json;

    use super::wanted;

    #[track_caller]
    fn check(asked: &str, has: &str, phase: &str, growth: Option<(&str, &str)>) {
        let claim = serde_json::from_value(json!({
            "metadata": {"name": "data-shop-0", "namespace": "high-street"},
            "spec": {"volumeName": "pv-7", "resources": {"requests": {"storage": asked}}},
            "status": {"phase": phase, "capacity": {"storage": has}},
        }))
        .unwrap();
        let wanted = wanted(&claim);
        assert_eq!(wanted.as_ref().map(|it| (it.volume.as_str(), it.size.as_str())), growth);
    }

    #[test]
    fn a_bound_claim_that_asks_for_more_gets_it() {
        check("2Gi", "1Gi", "Bound", Some(("pv-7", "2Gi")));
        check("1Gi", "1Gi", "Bound", None);
        check("2Gi", "1Gi", "Lost", None);
    }
}
