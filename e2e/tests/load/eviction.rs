//! `kubectl drain` evicts a pod, and nobody notices.

use cloakroom_e2e::{
    load::Plan,
    testbed::{Sandbox, eventually, ready, sandbox},
};
use k8s_openapi::api::core::v1::Pod;
use kube::api::EvictParams;

use crate::under_load::{SHOP, under_load};

#[tokio::test]
async fn a_node_is_evicted() {
    sandbox("load-eviction", async |at: &Sandbox| {
        let report = under_load(at, Plan::default(), async |load| {
            let before = at.pod_uids(SHOP).await;
            load.mark("eviction");
            at.api::<Pod>().evict("shop-1", &EvictParams::default()).await.expect("two others serve");
            eventually("it has a successor", async || {
                let now = at.pod_uids(SHOP).await;
                if now.len() == 3 && now[1] != before[1] { Ok(()) } else { Err(format!("{now:?}")) }
            })
            .await;
            at.wait("3 nodes serve", SHOP, ready(3)).await;
        });
        report.await.check_unnoticed();
    })
    .await;
}
