//! A restarted operator restarts no pod, and goes on where it was.

use cloakroom_e2e::testbed::{Sandbox, operator, ready, sandbox, small};
use serde_json::json;

#[tokio::test]
async fn pods_stay_when_the_operator_restarts() {
    sandbox("operator-restarted", async |at: &Sandbox| {
        at.serving("shop", &small(1)).await;
        let before = at.pod_uids("shop").await;
        operator::restart(at);
        at.change("shop", json!({ "replicas": 2 })).await;
        at.wait("the new operator has scaled", "shop", ready(2)).await;
        assert_eq!(at.pod_uids("shop").await[..1], before);
    })
    .await;
}
