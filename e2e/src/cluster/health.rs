//! What is not well in Kubernetes: nodes that are not ready, pods that do not run, and why.

use std::{fmt::Debug, time::Duration};

use k8s_openapi::api::core::v1::{ContainerStatus, Node, Pod};
use kube::{Api, Client, Resource, ResourceExt as _, api::ListParams};
use serde::de::DeserializeOwned;

/// Whoever asks wants to know now, and no answer is one too.
const PATIENCE: Duration = Duration::from_secs(10);

/// A line for each trouble; one that says so if there is none.
pub(crate) async fn lines(client: &Client) -> Vec<String> {
    let troubles = match list::<Node>(client).await {
        Ok(nodes) => nodes.iter().filter_map(of_node).collect(),
        Err(error) => return vec![error],
    };
    let pods = match list::<Pod>(client).await {
        Ok(pods) => pods.iter().filter_map(of_pod).collect(),
        Err(error) => vec![error],
    };
    let lines: Vec<String> = [troubles, pods].concat();
    if lines.is_empty() { vec!["every node is ready, and every pod runs".to_owned()] } else { lines }
}

async fn list<K>(client: &Client) -> Result<Vec<K>, String>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    let (api, all) = (Api::<K>::all(client.clone()), ListParams::default());
    match tokio::time::timeout(PATIENCE, api.list(&all)).await {
        Ok(Ok(listed)) => Ok(listed.items),
        Ok(Err(error)) => Err(format!("the API server does not list each {}: {error}", K::kind(&()))),
        Err(_) => Err(format!("the API server has not answered for {} s", PATIENCE.as_secs())),
    }
}

/// Its conditions, unless it is ready and nothing else is said of it.
fn of_node(node: &Node) -> Option<String> {
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let well = |kind: &str, status: &str| status == if kind == "Ready" { "True" } else { "False" };
    let mut said: Vec<_> = conditions
        .iter()
        .filter(|condition| !well(&condition.type_, &condition.status))
        .map(|found| {
            format!("{} is {}: {}", found.type_, found.status, found.message.as_deref().unwrap_or_default())
        })
        .collect();
    if !conditions.iter().any(|condition| condition.type_ == "Ready") {
        said.push("it has not said how it is".to_owned());
    }
    let taints = node.spec.iter().flat_map(|spec| spec.taints.iter().flatten());
    said.extend(taints.map(|taint| format!("taint {}", taint.key)));
    (!said.is_empty()).then(|| format!("node {}: {}", node.name_any(), said.join("; ")))
}

/// Its phase and what keeps it from running, unless it runs or is done.
fn of_pod(pod: &Pod) -> Option<String> {
    let status = pod.status.as_ref();
    let phase = status.and_then(|status| status.phase.as_deref()).unwrap_or("without a phase");
    let containers = status.and_then(|status| status.container_statuses.as_deref()).unwrap_or_default();
    let leaving = pod.metadata.deletion_timestamp.is_some();
    let runs = phase == "Running" && containers.iter().all(|container| container.ready);
    if !leaving && (runs || phase == "Succeeded") {
        return None;
    }
    let waits = status.iter().flat_map(|status| status.conditions.iter().flatten());
    let waits = waits.filter(|condition| condition.status == "False").filter_map(|condition| {
        Some(format!("{}: {}", condition.reason.as_deref()?, condition.message.as_deref()?))
    });
    let said = leaving.then(|| "being deleted".to_owned()).into_iter();
    let said = said.chain(waits.take(1)).chain(containers.iter().filter_map(of_container));
    let said: Vec<_> = [phase.to_owned()].into_iter().chain(said).collect();
    Some(format!("pod {}/{}: {}", pod.namespace().unwrap_or_default(), pod.name_any(), said.join("; ")))
}

fn of_container(status: &ContainerStatus) -> Option<String> {
    let state = status.state.as_ref()?;
    let (reason, message) = match (&state.waiting, &state.terminated) {
        (Some(waiting), _) => (&waiting.reason, &waiting.message),
        (None, Some(terminated)) => (&terminated.reason, &terminated.message),
        (None, None) => return None,
    };
    let words = [reason.as_deref(), message.as_deref()].into_iter().flatten().collect::<Vec<_>>();
    Some(format!("{} {}, restarts {}", status.name, words.join(" "), status.restart_count))
}

#[cfg(test)]
mod tests {
    //! Nodes and pods, and what is said of them.

    use serde_json::{Value, json};

    use super::{of_node, of_pod};

    #[track_caller]
    fn check_node(conditions: &Value, taints: &Value, said: Option<&str>) {
        let node = json!({
            "metadata": { "name": "node-1" },
            "spec": { "taints": taints },
            "status": { "conditions": conditions },
        });
        assert_eq!(of_node(&serde_json::from_value(node).unwrap()).as_deref(), said);
    }

    #[test]
    fn a_node_is_named_if_something_is_wrong_with_it() {
        let condition =
            |kind: &str, status: &str| json!({ "type": kind, "status": status, "message": "why" });
        let ready = condition("Ready", "True");
        check_node(&json!([ready, condition("DiskPressure", "False")]), &json!([]), None);
        check_node(
            &json!([condition("Ready", "Unknown")]),
            &json!([]),
            Some("node node-1: Ready is Unknown: why"),
        );
        check_node(
            &json!([ready, condition("DiskPressure", "True")]),
            &json!([{ "key": "full", "effect": "NoSchedule" }]),
            Some("node node-1: DiskPressure is True: why; taint full"),
        );
        check_node(&json!([]), &json!([]), Some("node node-1: it has not said how it is"));
    }

    #[track_caller]
    fn check_pod(deleted: bool, status: &Value, said: Option<&str>) {
        let mut pod =
            json!({ "metadata": { "namespace": "high-street", "name": "shop-0" }, "status": status });
        if deleted {
            pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        }
        assert_eq!(of_pod(&serde_json::from_value(pod).unwrap()).as_deref(), said);
    }

    #[test]
    fn a_pod_is_named_if_it_does_not_run() {
        let container = |ready: bool, state: Value| {
            json!([{
                "name": "node", "ready": ready, "restartCount": 3, "image": "", "imageID": "", "state": state,
            }])
        };
        let running =
            json!({ "phase": "Running", "containerStatuses": container(true, json!({ "running": {} })) });
        check_pod(false, &running, None);
        check_pod(true, &running, Some("pod high-street/shop-0: Running; being deleted"));
        check_pod(false, &json!({ "phase": "Succeeded" }), None);
        let waiting = json!({ "waiting": { "reason": "CrashLoopBackOff", "message": "back-off 10s" } });
        check_pod(
            false,
            &json!({ "phase": "Running", "containerStatuses": container(false, waiting) }),
            Some("pod high-street/shop-0: Running; node CrashLoopBackOff back-off 10s, restarts 3"),
        );
        let unscheduled = json!({
            "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes",
        });
        check_pod(
            false,
            &json!({ "phase": "Pending", "conditions": [unscheduled] }),
            Some("pod high-street/shop-0: Pending; Unschedulable: 0/1 nodes"),
        );
    }
}
