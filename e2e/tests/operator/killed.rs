//! An operator that is killed in the middle of a reconcile leaves nothing half done for ever.

use cloakroom_e2e::{
    Signal,
    testbed::{Sandbox, condition, install, operator, ready, sandbox, small},
};
use k8s_openapi::api::core::v1::ResourceQuota;
use kube::api::{DeleteParams, PostParams};
use serde_json::{Value, json};

const KINDS: &str = "serviceaccounts,configmaps,networkpolicies,services,poddisruptionbudgets,statefulsets";

#[tokio::test]
async fn a_killed_operator_ends_in_the_same_state() {
    sandbox("operator-killed", async |at: &Sandbox| {
        let Some(host) = at.cluster.host() else {
            println!("not here: killing a process needs the machine that the pods run on");
            return;
        };
        at.serving("calm", &small(1)).await;
        let calm = children(at, "calm");
        assert_eq!(calm.len(), 8, "{calm:#?}");
        // One of each is there: a second one is refused, and the operator gets no further.
        for (last, allowed) in [("services", 3), ("poddisruptionbudgets.policy", 1), ("statefulsets.apps", 1)] {
            let name = format!("wild-{}", last.split('.').next().expect("a word"));
            let quota = json!({ "metadata": { "name": "few" }, "spec": { "hard": { (format!("count/{last}")): allowed } } });
            let quota: ResourceQuota = serde_json::from_value(quota).expect("a quota");
            at.api().create(&PostParams::default(), &quota).await.expect("it is new");
            at.apply(&name, &small(1)).await;
            at.wait("the operator is stuck in the middle", &name, condition("Degraded", "True")).await;
            assert!(children(at, &name).len() < calm.len());

            let pid = host.pid_of(install::NAMESPACE, &operator::pod(at), "operator").await.expect("it runs");
            host.signal(pid, Signal::Kill).expect("it runs");
            at.api::<ResourceQuota>().delete("few", &DeleteParams::default()).await.expect("it is there");
            at.wait("it serves all the same", &name, ready(1)).await;
            let ended: Vec<_> = children(at, &name).iter().map(|object| object.replace(&name, "calm")).collect();
            assert_eq!(ended, calm);
            at.kubectl(&["delete", "sessioncluster", &name]);
        }
    })
    .await;
}

/// What the operator said about each object of `cluster`: name, labels and spec or data, without what differs from one
/// to the next.
fn children(at: &Sandbox, cluster: &str) -> Vec<String> {
    let selector = format!("--selector=app.kubernetes.io/instance={cluster}");
    let listed: Value =
        serde_json::from_str(&at.kubectl(&["get", KINDS, &selector, "--output=json"])).expect("JSON");
    let mut children: Vec<_> = listed["items"].as_array().expect("a list").iter().map(shape).collect();
    children.sort();
    children
}

fn shape(object: &Value) -> String {
    let mut spec = object["spec"].clone();
    if let Some(spec) = spec.as_object_mut() {
        // Given out by the API server, one after the other.
        spec.remove("clusterIP");
        spec.remove("clusterIPs");
    }
    // The ring tells of pods, which have identities and addresses of their own.
    let data = object["data"].as_object().into_iter().flatten().filter(|(key, _)| key.starts_with("node"));
    let data: Vec<_> = data.collect();
    let metadata = &object["metadata"];
    format!("{} {} {} {spec} {data:?}", object["kind"], metadata["name"], metadata["labels"])
}
