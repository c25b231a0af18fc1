//! Reconciling an unchanged cluster writes nothing.

use std::collections::BTreeMap;

use cloakroom_e2e::testbed::{
    Sandbox, Sessions, converged, eventually, install, operator, ready, sandbox, small,
};

#[tokio::test]
async fn a_second_reconcile_makes_no_write() {
    sandbox("unchanged", async |at: &Sandbox| {
        let address = at.serving("shop", &small(1)).await;
        at.wait("nothing is under way", "shop", converged).await;
        // What is counted is counted over all clusters, and those of earlier tests are still leaving.
        eventually("earlier tests have left nothing", async || {
            let left =
                at.kubectl(&["get", "namespaces", "--selector=cloakroom.dev/e2e=true", "--output=name"]);
            if left.lines().count() == 1 { Ok(()) } else { Err(left) }
        })
        .await;
        let before = writes(at);

        // The number of sessions shows that the operator has looked since.
        Sessions::new("seen", 7).store(&address).await;
        at.wait("the operator has looked again", "shop", |cluster| {
            ready(1)(cluster) && cluster.status.as_ref().and_then(|status| status.sessions) == Some(7)
        })
        .await;
        assert_eq!(writes(at), before);
    })
    .await;
}

/// What the operator has written so far, by kind, without the status that tells of sessions.
fn writes(at: &Sandbox) -> BTreeMap<String, String> {
    let path =
        format!("/api/v1/namespaces/{}/pods/{}:8080/proxy/metrics", install::NAMESPACE, operator::pod(at));
    let metrics = operator::kubectl(at, &["get", "--raw", &path]);
    let samples = metrics.lines().filter(|line| line.starts_with("cloakroom_operator_writes_total{"));
    let samples = samples.filter(|line| !line.contains("SessionCluster") && !line.contains("Lease"));
    let writes: BTreeMap<_, _> = samples
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    assert!(writes.keys().any(|name: &String| name.contains("StatefulSet")), "{metrics}");
    writes
}
