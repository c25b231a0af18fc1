//! Deleting a SessionCluster leaves nothing but what `storage.retain` says.

use cloakroom_crds::SessionCluster;
use kube::api::DeleteParams;
use serde_json::json;

use cloakroom_e2e::testbed::{Sandbox, Sessions, eventually, sandbox, small};

/// Kinds that the operator makes, and the pods.
const KINDS: &str = "sessionclusters,statefulsets,pods,services,configmaps,poddisruptionbudgets,networkpolicies,serviceaccounts";
/// What Kubernetes itself puts into every namespace.
const OF_KUBERNETES: [&str; 2] = ["configmap/kube-root-ca.crt", "serviceaccount/default"];

#[tokio::test]
async fn nothing_is_left() {
    sandbox("deleted", async |at: &Sandbox| {
        at.serving("shop", &small(1)).await;
        delete(at).await;
        eventually("the volume is gone", async || none(&at.kubectl(&["get", "pvc", "--output=name"]))).await;
    })
    .await;
}

#[tokio::test]
async fn retained_volumes_bring_the_sessions_back() {
    sandbox("retained", async |at: &Sandbox| {
        let mut spec = small(1);
        spec["storage"]["retain"] = json!(true);
        let address = at.serving("shop", &spec).await;
        let sessions = Sessions::new("retained", 40);
        sessions.store(&address).await;
        delete(at).await;
        assert_eq!(at.kubectl(&["get", "pvc", "--output=name"]).trim(), "persistentvolumeclaim/data-shop-0");

        sessions.check(&at.serving("shop", &spec).await).await;
    })
    .await;
}

async fn delete(at: &Sandbox) {
    at.api::<SessionCluster>().delete("shop", &DeleteParams::default()).await.expect("it is there");
    eventually("everything is gone", async || {
        let left = at.kubectl(&["get", KINDS, "--output=name"]);
        let ours: Vec<_> = left.lines().filter(|line| !OF_KUBERNETES.contains(line)).collect();
        none(&ours.join(" "))
    })
    .await;
}

fn none(left: &str) -> Result<(), String> {
    if left.trim().is_empty() { Ok(()) } else { Err(left.to_owned()) }
}
