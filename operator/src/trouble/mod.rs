//! What keeps a pod from serving that it will not get over by itself, and what to do about it.

use k8s_openapi::{
    api::core::v1::{ContainerState, ContainerStateTerminated, ContainerStatus, Pod},
    jiff::{SignedDuration, Timestamp},
};
use kube::ResourceExt;

/// A node's exit code for a configuration that it cannot run with.
const BAD_CONFIGURATION: i32 = 64;
/// What others say is cut after this many characters: it goes into conditions and events.
const QUOTE: usize = 300;
/// How long after its grace period a pod may still be there.
const OVERDUE: SignedDuration = SignedDuration::from_mins(1);

/// A pod that needs a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// CamelCase word for the condition.
    pub reason: &'static str,
    /// What is wrong and what to do, as one sentence that begins with the pod's name.
    pub message: String,
}

/// Looks at a pod; `None` for one that serves or may yet come up.
#[must_use]
pub fn trouble(pod: &Pod) -> Option<Trouble> {
    let name = pod.name_any();
    let status = pod.status.as_ref()?;
    let unplaced = status.conditions.iter().flatten().find(|condition| {
        condition.type_ == "PodScheduled" && condition.reason.as_deref() == Some("Unschedulable")
    });
    if let Some(condition) = unplaced {
        let said = quote(condition.message.as_deref());
        return Some(Trouble {
            reason: "Unschedulable",
            message: format!(
                "{name} finds no machine ({said}): make room, or change spec.podTemplate or the storage class"
            ),
        });
    }
    let statuses = status.container_statuses.iter().flatten();
    statuses.filter(|container| !container.ready).find_map(|container| container_trouble(pod, container))
}

/// A pod that was asked to go and does not, which Kubernetes waits for without end when its machine is silent.
#[must_use]
pub fn overdue(pod: &Pod, now: Timestamp) -> Option<Trouble> {
    // The deletion timestamp is when the grace period ends.
    let due = pod.metadata.deletion_timestamp.as_ref()?.0;
    (now.duration_since(due) > OVERDUE).then(|| {
        let name = pod.name_any();
        Trouble {
            reason: "NotLeaving",
            message: format!(
                "{name} was to be gone by {due}: bring its machine back, or, if that is gone for good, delete the \
                 Node object or `kubectl delete pod -n {} {name} --force`",
                pod.namespace().unwrap_or_default()
            ),
        }
    })
}

fn container_trouble(pod: &Pod, container: &ContainerStatus) -> Option<Trouble> {
    let name = pod.name_any();
    let state = container.state.as_ref()?;
    let ended = ended(state).or_else(|| ended(container.last_state.as_ref()?));
    if ended.is_some_and(|ended| ended.exit_code == BAD_CONFIGURATION) {
        return Some(Trouble {
            reason: "ConfigurationRefused",
            message: format!(
                "{name} refuses its configuration (exit code {BAD_CONFIGURATION}): {} says why; correct the spec, or \
                 set spec.image to the release of the operator",
                logs(pod)
            ),
        });
    }
    let waiting = state.waiting.as_ref()?;
    let said = quote(waiting.message.as_deref());
    let (reason, message) = match waiting.reason.as_deref()? {
        "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" | "ErrImageNeverPull" => (
            "ImageUnavailable",
            format!(
                "{name} cannot get image {} ({said}): correct spec.image, or let the machine reach it",
                container.image
            ),
        ),
        "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
            ("ContainerNotCreated", format!("{name} cannot start ({said}): correct spec.podTemplate"))
        }
        "CrashLoopBackOff" => crash_loop(pod, ended),
        _ => return None,
    };
    Some(Trouble { reason, message })
}

fn crash_loop(pod: &Pod, ended: Option<&ContainerStateTerminated>) -> (&'static str, String) {
    let name = pod.name_any();
    if ended.and_then(|ended| ended.reason.as_deref()) == Some("OOMKilled") {
        return (
            "OutOfMemory",
            format!(
                "{name} needs more memory than it may use: raise spec.podTemplate.resources.limits.memory, or lower \
                 spec.hotTier.size"
            ),
        );
    }
    let code = ended.map_or_else(String::new, |ended| format!(" with exit code {}", ended.exit_code));
    ("CrashLooping", format!("{name} ends again and again{code}: {} says why", logs(pod)))
}

/// The command that shows what the last run said, to be copied.
fn logs(pod: &Pod) -> String {
    format!("`kubectl logs -n {} {}`", pod.namespace().unwrap_or_default(), pod.name_any())
}

fn ended(state: &ContainerState) -> Option<&ContainerStateTerminated> {
    state.terminated.as_ref()
}

fn quote(said: Option<&str>) -> String {
    let said = said.unwrap_or("no reason given");
    match said.char_indices().nth(QUOTE) {
        Some((end, _)) => format!("{}…", &said[..end]),
        None => said.to_owned(),
    }
}

#[cfg(test)]
mod tests;
