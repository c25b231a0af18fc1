//! Which pods need a person.

use serde_json::{Value, json};

use super::*;

fn pod(ready: bool, state: &Value, last: &Value) -> Pod {
    let container = json!({
        "name": "node", "image": "mine:1", "imageID": "", "restartCount": 1, "ready": ready,
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
    let check = |state: Value, last: Value, expected: Option<&str>, says: &str| {
        let found = trouble(&pod(false, &state, &last));
        assert_eq!(found.as_ref().map(|trouble| trouble.reason), expected, "{state} {last}");
        let message = found.map_or_else(String::new, |trouble| trouble.message);
        assert!(message.contains(says), "{message:?} does not say {says:?}");
        assert_eq!(trouble(&pod(true, &state, &last)), None, "what is ready is in no trouble");
    };
    check(running(), Value::Null, None, "");
    check(waiting("ContainerCreating"), Value::Null, None, "");
    check(ended(0, "Completed"), Value::Null, None, "");
    check(running(), ended(137, "Error"), None, "");
    check(ended(1, "Error"), Value::Null, None, "");
    check(waiting("CrashLoopBackOff"), ended(1, "Error"), Some("CrashLooping"), "exit code 1");
    check(waiting("CrashLoopBackOff"), Value::Null, Some("CrashLooping"), "`kubectl logs -n web shop-0`");
    check(waiting("CrashLoopBackOff"), ended(137, "OOMKilled"), Some("OutOfMemory"), "limits.memory");
    check(waiting("CrashLoopBackOff"), ended(64, "Error"), Some("ConfigurationRefused"), "correct the spec");
    check(running(), ended(64, "Error"), Some("ConfigurationRefused"), "exit code 64");
    check(waiting("ErrImagePull"), Value::Null, Some("ImageUnavailable"), "mine:1 (because)");
    check(waiting("InvalidImageName"), Value::Null, Some("ImageUnavailable"), "correct spec.image");
    check(waiting("CreateContainerConfigError"), Value::Null, Some("ContainerNotCreated"), "because");
}

#[test]
fn a_pod_without_a_machine() {
    let unplaced = |status: Value| -> Pod {
        serde_json::from_value(
            json!({ "metadata": { "name": "shop-0", "namespace": "web" }, "status": status }),
        )
        .unwrap()
    };
    let condition = json!({
        "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "é".repeat(400),
    });
    let found = trouble(&unplaced(json!({ "conditions": [condition] }))).unwrap();
    assert_eq!(found.reason, "Unschedulable");
    assert!(found.message.contains("é…"), "a long quote is cut: {}", found.message);
    assert_eq!(trouble(&unplaced(json!({}))), None, "not looked at by the scheduler yet");
}

#[test]
fn a_pod_that_does_not_go() {
    let due = Timestamp::from_second(1_000_000).unwrap();
    let mut pod = pod(true, &json!({ "running": {} }), &Value::Null);
    assert_eq!(overdue(&pod, due), None, "nobody asked it to go");
    pod.metadata.deletion_timestamp = Some(due.into());
    assert_eq!(overdue(&pod, due + OVERDUE), None);
    let late = overdue(&pod, due + OVERDUE + SignedDuration::from_secs(1)).unwrap();
    assert_eq!(late.reason, "NotLeaving");
}
