//! `replicas: 0`: no pods, and every session is there when they are back.

use k8s_openapi::api::core::v1::{ConfigMap, PersistentVolumeClaim};
use kube::api::ListParams;
use serde_json::json;

use cloakroom_e2e::testbed::{Sandbox, Sessions, condition, ready, sandbox, small};

#[tokio::test]
async fn sessions_sleep_on_their_volumes() {
    sandbox("hibernate", async |at: &Sandbox| {
        at.serving("shop", &small(2)).await;
        let awake = at.wait("2 nodes serve", "shop", ready(2)).await.status.expect("it is ready");
        let sessions = [Sessions::new("bear", 60), Sessions::new("bat", 60)];
        for (sessions, endpoint) in sessions.iter().zip(&awake.endpoints) {
            sessions.store(&endpoint.address).await;
        }

        at.change("shop", json!({ "replicas": 0 })).await;
        let asleep = at.wait("no pod is left", "shop", ready(0)).await;
        assert!(condition("Ready", "False")(&asleep), "{asleep:?}");
        at.wait_for_pods("shop", 0).await;
        let claims = at.api::<PersistentVolumeClaim>().list(&ListParams::default()).await.expect("an answer");
        assert_eq!(claims.items.len(), 2);
        let ring: ConfigMap = at.api().get("shop-ring").await.expect("it is empty, never absent");
        assert_eq!(ring.data.expect("data")["endpoints"], "");

        at.change("shop", json!({ "replicas": 2 })).await;
        let awake = at.wait("2 nodes serve again", "shop", ready(2)).await.status.expect("it is ready");
        for (sessions, endpoint) in sessions.iter().zip(&awake.endpoints) {
            sessions.check(&endpoint.address).await;
        }
    })
    .await;
}
