//! What cannot work says what to do, in a condition and in an event.

use k8s_openapi::api::core::v1::Service;
use kube::{ResourceExt as _, api::PostParams};
use serde_json::{Value, json};

use cloakroom_e2e::testbed::{Sandbox, condition, eventually, ready, sandbox, small};

#[tokio::test]
async fn an_image_that_cannot_be_had() {
    sandbox("bad-image", async |at: &Sandbox| {
        let mut spec = small(1);
        spec["image"] = json!("cloakroom.invalid/nobody/has-this:1");
        check(at, &spec, "image").await;

        // Corrected, it heals without a hand: the pod of the broken revision is in nobody's way.
        at.change("shop", json!({ "image": null })).await;
        at.wait("it serves", "shop", ready(1)).await;
    })
    .await;
}

#[tokio::test]
async fn a_machine_that_does_not_exist() {
    sandbox("unschedulable", async |at: &Sandbox| {
        let mut spec = small(1);
        spec["podTemplate"]["nodeSelector"] = json!({ "disk": "of-gold" });
        check(at, &spec, "shop-0").await;
    })
    .await;
}

#[tokio::test]
async fn a_name_that_belongs_to_somebody_else() {
    sandbox("name-taken", async |at: &Sandbox| {
        let theirs = json!({ "metadata": { "name": "shop" }, "spec": { "ports": [{ "port": 80 }] } });
        let theirs: Service = serde_json::from_value(theirs).expect("a service");
        let theirs = at.api::<Service>().create(&PostParams::default(), &theirs).await.expect("it is new");
        check(at, &small(1), "Service").await;
        let now: Service = at.api().get("shop").await.expect("nobody deletes it");
        assert_eq!(now.resource_version(), theirs.resource_version(), "it was touched");
    })
    .await;
}

/// `spec` gives a cluster that is degraded, with a message that mentions `part`, and a warning for people who look at events.
async fn check(at: &Sandbox, spec: &Value, part: &str) {
    at.apply("shop", spec).await;
    let cluster = at.wait("it is said to be degraded", "shop", condition("Degraded", "True")).await;
    assert!(!condition("Ready", "True")(&cluster));
    let conditions = &cluster.status.as_ref().expect("it has one").conditions;
    let degraded = conditions.iter().find(|found| found.type_ == "Degraded").expect("it was waited for");
    assert!(degraded.message.contains(part), "{degraded:?}");
    eventually("there is an event about it", async || {
        let events = at.kubectl(&["events", "--for=sessioncluster/shop", "--types=Warning"]);
        if events.contains(&degraded.reason) { Ok(()) } else { Err(events) }
    })
    .await;
}
