//! `kubectl scale`: pods come and go, volumes stay.

use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use kube::{ResourceExt as _, api::ListParams};

use cloakroom_e2e::testbed::{Sandbox, Sessions, ready, sandbox, small};

#[tokio::test]
async fn nothing_on_the_volumes_of_removed_nodes_is_lost() {
    sandbox("scale", async |at: &Sandbox| {
        at.serving("shop", &small(1)).await;
        at.kubectl(&["scale", "sessioncluster/shop", "--replicas=3"]);
        let cluster = at.wait("3 nodes serve", "shop", ready(3)).await;
        let third = cluster.status.expect("it is ready").endpoints[2].address.clone();
        let sessions = Sessions::new("scaled", 100);
        sessions.store(&third).await;
        let volumes = claims(at).await;
        assert_eq!(volumes.len(), 3);

        at.kubectl(&["scale", "scl/shop", "--replicas=1"]);
        at.wait("1 node serves", "shop", ready(1)).await;
        at.wait_for_pods("shop", 1).await;
        assert_eq!(claims(at).await, volumes, "a volume is more than its node");

        at.kubectl(&["scale", "scl/shop", "--replicas=3"]);
        let cluster = at.wait("3 nodes serve again", "shop", ready(3)).await;
        sessions.check(&cluster.status.expect("it is ready").endpoints[2].address).await;
    })
    .await;
}

/// Names and volumes of all claims.
async fn claims(at: &Sandbox) -> Vec<(String, Option<String>)> {
    let claims = at.api::<PersistentVolumeClaim>().list(&ListParams::default()).await.expect("an answer");
    let volume =
        |claim: &PersistentVolumeClaim| claim.spec.as_ref().and_then(|spec| spec.volume_name.clone());
    claims.items.iter().map(|claim| (claim.name_any(), volume(claim))).collect()
}
