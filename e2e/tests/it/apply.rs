//! `kubectl apply` of a SessionCluster gives running nodes, and a session through the Service.

use std::time::Instant;

use cloakroom_crds::SessionCluster;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::ResourceExt as _;

use cloakroom_e2e::testbed::{Sandbox, Sessions, ready, sandbox, small};

#[tokio::test]
async fn three_nodes_serve_and_are_published() {
    sandbox("apply", async |at: &Sandbox| {
        #[expect(clippy::disallowed_methods, reason = "the figure is printed for people, not asserted")]
        let start = Instant::now();
        at.apply("shop", &small(3)).await;
        let cluster = at.wait("3 nodes serve", "shop", ready(3)).await;
        println!("figure: from apply to ready with 3 nodes: {:.1} s", start.elapsed().as_secs_f64());

        let status = cluster.status.clone().expect("it is ready");
        let nodes: Vec<_> = status.endpoints.iter().map(|endpoint| endpoint.node.as_str()).collect();
        assert_eq!(nodes, ["shop-0", "shop-1", "shop-2"]);

        let ring: ConfigMap = at.api().get("shop-ring").await.expect("it is never absent");
        let published = &ring.data.as_ref().expect("data")["endpoints"];
        let addresses: Vec<_> = status.endpoints.iter().map(|endpoint| endpoint.address.as_str()).collect();
        assert_eq!(published.lines().collect::<Vec<_>>(), addresses);
        assert!(is_owned(&cluster, &ring), "{:?}", ring.owner_references());

        // Every published address is a node that serves.
        for (number, address) in addresses.into_iter().enumerate() {
            let sessions = Sessions::new(["zero", "one", "two"][number], 3);
            sessions.store(address).await;
            sessions.check(address).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_session_goes_through_the_service() {
    sandbox("service", async |at: &Sandbox| {
        let address = at.serving("shop", &small(1)).await;
        let sessions = Sessions::new("visitor", 50);
        sessions.store(&address).await;
        sessions.check(&address).await;
        at.wait("all sessions are counted", "shop", |cluster| {
            cluster.status.as_ref().and_then(|status| status.sessions) == Some(50)
        })
        .await;
    })
    .await;
}

fn is_owned(cluster: &SessionCluster, child: &ConfigMap) -> bool {
    child.owner_references().iter().any(|owner| Some(&owner.uid) == cluster.metadata.uid.as_ref())
}
