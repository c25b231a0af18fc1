//! Storage grows without a restart, and a class that cannot grow stops nothing else.

use k8s_openapi::api::{apps::v1::StatefulSet, core::v1::PersistentVolumeClaim};
use serde_json::json;

use cloakroom_e2e::testbed::{Sandbox, Sessions, condition, eventually, ready, sandbox, small};

#[tokio::test]
async fn a_larger_volume_is_asked_for_and_no_pod_restarts() {
    sandbox("growth", async |at: &Sandbox| {
        let address = at.serving("shop", &small(1)).await;
        let sessions = Sessions::new("grown", 50);
        sessions.store(&address).await;
        let before = at.pod_uids("shop").await;

        at.change("shop", json!({ "storage": { "size": "2Gi" } })).await;
        eventually("claim and template ask for 2Gi", async || {
            let sizes = [asked(at, "data-shop-0").await, templated(at, "shop").await];
            if sizes.iter().all(|size| size == "2Gi") { Ok(()) } else { Err(format!("{sizes:?}")) }
        })
        .await;
        at.wait("it serves on", "shop", ready(1)).await;
        assert_eq!(at.pod_uids("shop").await, before);
        sessions.check(&address).await;

        // The new StatefulSet has adopted the pod: it can replace it.
        at.change("shop", json!({ "replicas": 2 })).await;
        at.wait("a second node serves", "shop", ready(2)).await;
        assert_eq!(asked(at, "data-shop-1").await, "2Gi");
    })
    .await;
}

#[tokio::test]
async fn a_class_that_cannot_grow_is_named_and_the_rest_goes_on() {
    sandbox("fixed-storage", async |at: &Sandbox| {
        if at.kubectl(&["get", "storageclass", "fixed", "--ignore-not-found", "--output=name"]).is_empty() {
            println!("not here: this cluster has no StorageClass named fixed");
            return;
        }
        let mut spec = small(1);
        spec["storage"]["storageClassName"] = json!("fixed");
        at.serving("shop", &spec).await;
        let changes = json!({ "storage": { "size": "2Gi" }, "replicas": 2 });
        at.change("shop", changes).await;
        let cluster =
            at.wait("the storage is said to be stuck", "shop", condition("StorageReady", "False")).await;
        let conditions = &cluster.status.as_ref().expect("it has one").conditions;
        let stuck = conditions.iter().find(|found| found.type_ == "StorageReady").expect("it was waited for");
        assert!(stuck.message.contains("data-shop-0"), "{stuck:?}");
        at.wait("the second node serves all the same", "shop", ready(2)).await;
    })
    .await;
}

async fn asked(at: &Sandbox, claim: &str) -> String {
    let claim: PersistentVolumeClaim = at.api().get(claim).await.expect("it is there");
    storage(&claim)
}

async fn templated(at: &Sandbox, name: &str) -> String {
    // Between deletion and re-creation there is none.
    let found = at.api::<StatefulSet>().get_opt(name).await.expect("an answer");
    let templates = found.and_then(|found| found.spec).and_then(|spec| spec.volume_claim_templates);
    templates.as_deref().and_then(<[_]>::first).map(storage).unwrap_or_default()
}

fn storage(claim: &PersistentVolumeClaim) -> String {
    let requests =
        claim.spec.as_ref().and_then(|spec| spec.resources.as_ref()).and_then(|all| all.requests.as_ref());
    requests.and_then(|requests| requests.get("storage")).map(|size| size.0.clone()).unwrap_or_default()
}
