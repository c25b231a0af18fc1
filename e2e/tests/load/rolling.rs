//! Nodes are replaced one after the other, and nobody notices.

use cloakroom_e2e::{
    load::Plan,
    testbed::{Sandbox, sandbox},
};
use serde_json::json;

use crate::under_load::{SHOP, all_replaced, under_load};

#[tokio::test]
async fn a_rolling_restart() {
    sandbox("load-restart", async |at: &Sandbox| {
        let report = under_load(at, Plan::default(), async |load| {
            load.mark("rolling restart");
            all_replaced(at, async || drop(at.kubectl(&["rollout", "restart", "statefulset/shop"]))).await;
        });
        report.await.check_unnoticed();
    })
    .await;
}

#[tokio::test]
async fn another_image() {
    sandbox("load-image", async |at: &Sandbox| {
        let Some(host) = at.host() else { return };
        let node = &at.cluster.images().node;
        let next =
            format!("{}:next", node.rsplit_once(':').map_or(node.as_str(), |(repository, _)| repository));
        host.tag(node, &next).expect("it is there");
        let report = under_load(at, Plan::default(), async |load| {
            load.mark("another image");
            all_replaced(at, async || drop(at.change(SHOP, json!({ "image": next })).await)).await;
        });
        report.await.check_unnoticed();
    })
    .await;
}
