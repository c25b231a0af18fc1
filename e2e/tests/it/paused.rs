//! `paused: true`: the operator changes nothing and says so.

use k8s_openapi::api::apps::v1::StatefulSet;
use serde_json::json;

use cloakroom_e2e::testbed::{Sandbox, condition, ready, sandbox, small};

#[tokio::test]
async fn a_paused_cluster_is_left_alone() {
    sandbox("paused", async |at: &Sandbox| {
        at.serving("shop", &small(1)).await;
        at.change("shop", json!({ "paused": true })).await;
        at.wait("it says so", "shop", condition("Paused", "True")).await;
        let before = at.api::<StatefulSet>().get("shop").await.expect("it is there").metadata.generation;

        let changed = at.change("shop", json!({ "replicas": 2 })).await;
        let seen = at
            .wait("the change has been seen", "shop", |cluster| {
                cluster.status.as_ref().and_then(|status| status.observed_generation)
                    == changed.metadata.generation
            })
            .await;
        let now = at.api::<StatefulSet>().get("shop").await.expect("it is there").metadata.generation;
        assert_eq!(now, before, "the StatefulSet was changed");
        assert!(condition("Paused", "True")(&seen));
        assert!(!condition("Ready", "True")(&seen), "one node is not the two that are wanted");

        at.change("shop", json!({ "paused": false })).await;
        at.wait("the change is made", "shop", ready(2)).await;
    })
    .await;
}
