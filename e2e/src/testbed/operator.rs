//! The operator as the chart installed it, and how to take it away for a while.

use std::{
    panic::{AssertUnwindSafe, resume_unwind},
    process::Output,
};

use futures_util::FutureExt as _;

use super::{Sandbox, install};
use crate::Helm;

/// Selects the operator's pods.
const PODS: &str = "--selector=app.kubernetes.io/name=cloakroom-operator";

/// Replaces the operator's pod as `kubectl rollout restart` does.
pub fn restart(at: &Sandbox) {
    kubectl(at, &["rollout", "restart", install::OPERATOR]);
    settle(at);
}

/// Deletes the operator's pod; its successor may not become ready soon.
pub fn replace(at: &Sandbox) {
    kubectl(at, &["delete", "pod", PODS]);
}

/// Name of the operator's pod.
pub fn pod(at: &Sandbox) -> String {
    kubectl(at, &["get", "pod", PODS, "--output=jsonpath={.items[0].metadata.name}"])
}

/// How often the operator's container was started again.
pub fn restarts(at: &Sandbox) -> String {
    kubectl(
        at,
        &["get", "pod", PODS, "--output=jsonpath={.items[*].status.containerStatuses[*].restartCount}"],
    )
}

/// The `Ready` condition of the operator's pod: `True` or `False`.
pub fn ready(at: &Sandbox) -> String {
    let path = "--output=jsonpath={.items[*].status.conditions[?(@.type==\"Ready\")].status}";
    kubectl(at, &["get", "pod", PODS, path])
}

/// Runs `body` while there is no operator.
pub async fn absent(at: &Sandbox, body: impl AsyncFnOnce()) {
    kubectl(at, &["scale", install::OPERATOR, "--replicas=0"]);
    settle(at);
    let ended = AssertUnwindSafe(body()).catch_unwind().await;
    kubectl(at, &["scale", install::OPERATOR, "--replicas=1"]);
    settle(at);
    ended.unwrap_or_else(|panic| resume_unwind(panic));
}

/// Runs `body`, and then brings the release back to the chart's own values, with all that belongs to it.
pub async fn restored(at: &Sandbox, body: impl AsyncFnOnce()) {
    let ended = AssertUnwindSafe(body()).catch_unwind().await;
    upgrade(at, &[]);
    ended.unwrap_or_else(|panic| resume_unwind(panic));
}

/// `helm upgrade` to the chart's own values and `more`.
pub fn upgrade(at: &Sandbox, more: &[&str]) {
    let chart = install::chart();
    let chart = chart.to_str().expect("a path of text");
    let args = ["upgrade", install::RELEASE, chart, "--namespace", install::NAMESPACE, "--wait"];
    let images = at.cluster.images().values();
    let images: Vec<_> = images.iter().map(String::as_str).collect();
    helm(at, Helm::Four, &[args.as_slice(), &images, more].concat());
    settle(at);
}

/// Waits until the deployment is as it should be.
pub fn settle(at: &Sandbox) {
    kubectl(at, &["rollout", "status", install::OPERATOR, "--timeout=120s"]);
}

/// What kubectl prints in the operator's namespace.
///
/// # Errors
/// What it says when it fails.
pub fn try_kubectl(at: &Sandbox, args: &[&str]) -> Result<String, String> {
    let output = at.cluster.kubectl().args(["--namespace", install::NAMESPACE]).args(args).output();
    printed(&output.expect("kubectl runs"))
}

/// [`try_kubectl`] of what cannot fail.
pub fn kubectl(at: &Sandbox, args: &[&str]) -> String {
    try_kubectl(at, args).unwrap_or_else(|said| panic!("kubectl {}: {said}", args.join(" ")))
}

/// Runs helm.
pub fn helm(at: &Sandbox, version: Helm, args: &[&str]) -> String {
    let output = at.cluster.helm(version).args(args).output().expect("helm runs");
    printed(&output).unwrap_or_else(|said| panic!("helm {}: {said}", args.join(" ")))
}

fn printed(output: &Output) -> Result<String, String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}
