//! A HorizontalPodAutoscaler drives the scale subresource.

use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use kube::api::PostParams;
use serde_json::json;

use cloakroom_e2e::testbed::{Sandbox, ready, sandbox, small};

#[tokio::test]
async fn an_autoscaler_raises_the_number_of_nodes() {
    sandbox("autoscaler", async |at: &Sandbox| {
        at.serving("shop", &small(1)).await;
        // Below its minimum it acts without metrics, so no metrics server is needed here.
        let autoscaler: HorizontalPodAutoscaler = serde_json::from_value(json!({
            "metadata": { "name": "shop" },
            "spec": {
                "scaleTargetRef": { "apiVersion": "cloakroom.dev/v1alpha1", "kind": "SessionCluster", "name": "shop" },
                "minReplicas": 2,
                "maxReplicas": 3,
            },
        }))
        .expect("an autoscaler");
        at.api().create(&PostParams::default(), &autoscaler).await.expect("it is valid");
        at.wait("it has scaled to its minimum", "shop", ready(2)).await;
    })
    .await;
}
