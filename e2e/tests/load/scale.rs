//! Nodes come and go, and nobody notices.

use cloakroom_e2e::{
    load::{Load, Plan},
    testbed::{Sandbox, ready, sandbox},
};

use crate::under_load::{SHOP, under_load};

#[tokio::test]
async fn from_three_to_six_and_back() {
    sandbox("load-scale", async |at: &Sandbox| {
        let report = under_load(at, Plan::default(), async |load| {
            scale(at, load, 6).await;
            scale(at, load, 3).await;
        });
        report.await.check_unnoticed();
    })
    .await;
}

/// Scales as people do, and waits until that many nodes serve and no other pod is left.
pub(crate) async fn scale(at: &Sandbox, load: &Load, nodes: u8) {
    load.mark(&format!("scale to {nodes}"));
    at.kubectl(&["scale", "scl/shop", &format!("--replicas={nodes}")]);
    at.wait(&format!("{nodes} nodes serve"), SHOP, ready(nodes.into())).await;
    at.wait_for_pods(SHOP, nodes.into()).await;
}
