//! Which pods need a person.

use serde_json::{Value, json};

use super::*;

fn pod(ready: bool, restarts: i32, state: &Value, last: &Value) -> Pod {
    let container = json!({
        "name": "node", "image": "mine:1", "imageID": "", "restartCount": restarts, "ready": ready,
        "state": state, "lastState": last,
    });
    let pod = json!({ "metadata": { "name": "shop-0", "namespace": "web" }, "status": { "containerStatuses": [container] } });
    serde_json::from_value(pod).unwrap()
}

#[test]
fn containers() {
    let waiting = |reason: &str| json!({ "waiting": { "reason": reason, "message": "because" } });
    let ended = |code: i32, reason: &str| json!({ "terminated": { "exitCode": code, "reason": reason } });
    let running = || json!({ "running": {} });
    let check = |restarts: i32, state: Value, last: Value, expected: Option<&str>, says: &str| {
        let found = trouble(&pod(false, restarts, &state, &last));
        assert_eq!(found.as_ref().map(|trouble| trouble.reason), expected, "{restarts} {state} {last}");
        let message = found.map_or_else(String::new, |trouble| trouble.sentence(|said| said));
        assert!(message.contains(says), "{message:?} does not say {says:?}");
        assert_eq!(trouble(&pod(true, restarts, &state, &last)), None, "what is ready is in no trouble");
    };
    check(1, running(), Value::Null, None, "");
    check(1, waiting("ContainerCreating"), Value::Null, None, "");
    check(1, ended(0, "Completed"), Value::Null, None, "");
    check(1, running(), ended(137, "Error"), None, "");
    check(1, ended(1, "Error"), Value::Null, None, "");
    check(1, waiting("CrashLoopBackOff"), ended(1, "Error"), Some("CrashLooping"), "exit code 1");
    check(1, waiting("CrashLoopBackOff"), Value::Null, Some("CrashLooping"), "`kubectl logs -n web shop-0`");
    check(1, waiting("CrashLoopBackOff"), ended(137, "OOMKilled"), Some("OutOfMemory"), "limits.memory");
    check(
        1,
        waiting("CrashLoopBackOff"),
        ended(64, "Error"),
        Some("ConfigurationRefused"),
        "correct the spec",
    );
    check(1, running(), ended(64, "Error"), Some("ConfigurationRefused"), "exit code 64");
    check(1, waiting("ErrImagePull"), Value::Null, Some("ImageUnavailable"), "mine:1 (because)");
    check(1, waiting("InvalidImageName"), Value::Null, Some("ImageUnavailable"), "correct spec.image");
    check(1, waiting("CreateContainerConfigError"), Value::Null, Some("ContainerNotCreated"), "because");

    // Between two failures it runs for a while, or has just ended.
    let after = |from: &str| {
        let (mut last, to) = (ended(1, "Error"), "2026-02-03T12:00:00Z");
        last["terminated"]["startedAt"] = json!(from);
        last["terminated"]["finishedAt"] = json!(to);
        last
    };
    check(2, running(), ended(1, "Error"), Some("CrashLooping"), "exit code 1");
    check(2, ended(1, "Error"), Value::Null, Some("CrashLooping"), "exit code 1");
    check(2, running(), ended(137, "OOMKilled"), Some("OutOfMemory"), "limits.memory");
    check(2, waiting("ErrImagePull"), ended(1, "Error"), Some("ImageUnavailable"), "because");
    check(2, running(), ended(0, "Completed"), None, "");
    check(2, running(), after("2026-02-03T11:59:00Z"), Some("CrashLooping"), "exit code 1");
    check(2, running(), after("2026-01-03T12:00:00Z"), None, "");
}

#[test]
fn a_pod_without_a_machine() {
    let unplaced = |status: Value| -> Pod {
        serde_json::from_value(
            json!({ "metadata": { "name": "shop-0", "namespace": "web" }, "status": status }),
        )
        .unwrap()
    };
    let since = Timestamp::from_second(1_000_000).unwrap();
    let waiting = unplaced(json!({ "conditions": [{
        "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "é".repeat(400),
        "lastTransitionTime": since,
    }] }));
    let found = trouble(&waiting).unwrap();
    assert_eq!(found.reason, "Unschedulable");
    assert!(found.sentence(|said| said).contains("é…"), "a long quote is cut: {found:?}");
    assert_eq!(lasting(&waiting, since + UNPLACED), None, "its volume may be on its way");
    assert_eq!(lasting(&waiting, since + UNPLACED + SignedDuration::from_secs(1)), Some(found));
    assert_eq!(trouble(&unplaced(json!({}))), None, "not looked at by the scheduler yet");
}

#[test]
fn a_pod_that_waits_for_a_secret() {
    let placed = Timestamp::from_second(1_000_000).unwrap();
    let waiting = |reason: &str| -> Pod {
        let mut pod = pod(false, 0, &json!({ "waiting": { "reason": reason } }), &Value::Null);
        let condition = json!({ "type": "PodScheduled", "status": "True", "lastTransitionTime": placed });
        pod.status.as_mut().unwrap().conditions = Some(vec![serde_json::from_value(condition).unwrap()]);
        pod
    };
    let late = placed + UNMOUNTED + SignedDuration::from_secs(1);
    assert_eq!(
        lasting(&waiting("ContainerCreating"), placed + UNMOUNTED),
        None,
        "its volume may be on its way"
    );
    let found = lasting(&waiting("ContainerCreating"), late).unwrap();
    assert_eq!(found.reason, "NotMounted");
    assert!(found.remedy.contains("`kubectl describe pod -n web shop-0`"), "{found:?}");
    assert_eq!(lasting(&waiting("PodInitializing"), late), None);
    let image = lasting(&waiting("ErrImagePull"), late).unwrap();
    assert_eq!(image.reason, "ImageUnavailable", "what Kubernetes does tell is told");
}

#[test]
fn a_pod_that_does_not_go() {
    let due = Timestamp::from_second(1_000_000).unwrap();
    let mut pod = pod(true, 0, &json!({ "running": {} }), &Value::Null);
    assert_eq!(lasting(&pod, due), None, "nobody asked it to go");
    pod.metadata.deletion_timestamp = Some(due.into());
    assert_eq!(lasting(&pod, due + OVERDUE), None);
    let late = lasting(&pod, due + OVERDUE + SignedDuration::from_secs(1)).unwrap();
    assert_eq!(late.reason, "NotLeaving");
}
