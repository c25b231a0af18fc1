//! Endpoints follow readiness: a node that does not answer leaves the Service, the ring and the status, and comes back.

use cloakroom_crds::SessionCluster;
use k8s_openapi::api::{core::v1::ConfigMap, discovery::v1::EndpointSlice};
use kube::api::ListParams;

use cloakroom_e2e::{
    Signal,
    testbed::{Sandbox, eventually, ready, sandbox, small},
};

#[tokio::test]
async fn an_unready_node_leaves_and_comes_back() {
    sandbox("endpoints", async |at: &Sandbox| {
        let Some(host) = at.cluster.host() else {
            println!("not here: stopping a process needs the machine that the pods run on");
            return;
        };
        at.serving("shop", &small(2)).await;
        let epoch = at.wait("an epoch", "shop", |cluster| epoch(cluster).is_some()).await;
        let stopped = at.pods("shop").await[1].status.as_ref().and_then(|status| status.pod_ip.clone());
        let stopped = format!("{}:42424", stopped.expect("it serves"));

        let pid = host.pid_of(&at.namespace, "shop-1", "node").await.expect("it runs");
        host.signal(pid, Signal::Stop).expect("it runs");
        let without = at
            .wait("the stopped node has left the status", "shop", |cluster| nodes(cluster) == ["shop-0"])
            .await;
        assert!(published(at, "shop").await.iter().all(|address| *address != stopped));
        eventually("the Service sends nobody to it", async || {
            serving(at, "shop").await.eq(&1).then_some(()).ok_or("it does".into())
        })
        .await;
        // Readiness says who serves, not who is a member.
        assert_eq!(self::epoch(&without), self::epoch(&epoch));

        host.signal(pid, Signal::Continue).expect("it runs");
        at.wait("it has come back", "shop", ready(2)).await;
        assert!(published(at, "shop").await.contains(&stopped));
        eventually("the Service sends people to it", async || {
            serving(at, "shop").await.eq(&2).then_some(()).ok_or("not yet".into())
        })
        .await;
    })
    .await;
}

fn epoch(cluster: &SessionCluster) -> Option<i64> {
    cluster.status.as_ref().and_then(|status| status.epoch)
}

fn nodes(cluster: &SessionCluster) -> Vec<&str> {
    let endpoints = cluster.status.iter().flat_map(|status| &status.endpoints);
    endpoints.map(|endpoint| endpoint.node.as_str()).collect()
}

/// The healthy endpoints in the ring object.
async fn published(at: &Sandbox, name: &str) -> Vec<String> {
    let ring: ConfigMap = at.api().get(&format!("{name}-ring")).await.expect("it is never absent");
    ring.data.expect("data")["endpoints"].lines().map(str::to_owned).collect()
}

/// How many endpoints the client Service has that take traffic.
async fn serving(at: &Sandbox, service: &str) -> usize {
    let of_service = ListParams::default().labels(&format!("kubernetes.io/service-name={service}"));
    let slices = at.api::<EndpointSlice>().list(&of_service).await.expect("an answer");
    let endpoints = slices.items.into_iter().flat_map(|slice| slice.endpoints.unwrap_or_default());
    endpoints
        .filter(|endpoint| endpoint.conditions.as_ref().and_then(|conditions| conditions.ready) == Some(true))
        .count()
}
