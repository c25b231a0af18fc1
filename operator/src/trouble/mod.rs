//! What keeps a pod from serving that it will not get over by itself, and what to do about it.

use k8s_openapi::{
    api::core::v1::{ContainerStateTerminated, ContainerStatus, Pod, PodCondition},
    jiff::{SignedDuration, Timestamp},
};
use kube::ResourceExt;

/// A node's exit code for a configuration that it cannot run with.
const BAD_CONFIGURATION: i32 = 64;
/// What others say is cut after this many characters: it goes into conditions and events.
const QUOTE: usize = 300;
/// How long after its grace period a pod may still be there.
const OVERDUE: SignedDuration = SignedDuration::from_mins(1);
/// How long a pod may find no machine. The scheduler's first look at a new cluster often comes before its volumes,
/// which passes in seconds. An autoscaler takes minutes, but waiting for it would keep the news from all who have
/// none.
const UNPLACED: SignedDuration = SignedDuration::from_mins(1);
/// How long a pod may wait for its volumes and Secrets. Pulling a large image counts as well: Kubernetes does not tell them apart
/// there.
const UNMOUNTED: SignedDuration = SignedDuration::from_mins(2);
/// Started again so often, a container that is not ready is between two failures rather than new.
const LOOPING: i32 = 2;
/// The kubelet takes a run of this length for a good one, and forgets the failures before it.
const GOOD_RUN: SignedDuration = SignedDuration::from_mins(10);

/// A pod that needs a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// CamelCase word for the condition.
    pub reason: &'static str,
    /// What is wrong, beginning with the pod's name.
    pub what: String,
    /// Kubernetes' own words, which may differ from one look to the next.
    pub said: Option<String>,
    /// What to do.
    pub remedy: String,
}

impl Trouble {
    /// One sentence, in which `quote` stands for what Kubernetes said.
    #[must_use]
    pub fn sentence<'a>(&'a self, quote: impl Fn(&'a str) -> &'a str) -> String {
        let Self { what, said, remedy, .. } = self;
        match said {
            Some(said) => format!("{what} ({}): {remedy}", quote(said)),
            None => format!("{what}: {remedy}"),
        }
    }
}

/// What is worth calling a person for; `None` while it may yet pass.
#[must_use]
pub fn lasting(pod: &Pod, now: Timestamp) -> Option<Trouble> {
    let passing = unplaced(pod)
        .and_then(|condition| condition.last_transition_time.as_ref())
        .is_some_and(|since| now.duration_since(since.0) <= UNPLACED);
    trouble(pod).filter(|_| !passing).or_else(|| unmounted(pod, now)).or_else(|| overdue(pod, now))
}

/// What keeps a pod from serving now; `None` for one that serves or is on its way.
#[must_use]
pub fn trouble(pod: &Pod) -> Option<Trouble> {
    if let Some(condition) = unplaced(pod) {
        return Some(Trouble {
            reason: "Unschedulable",
            what: format!("{} finds no machine", pod.name_any()),
            said: Some(quote(condition.message.as_deref())),
            remedy: "make room, or change spec.podTemplate or the storage class".to_owned(),
        });
    }
    let statuses = pod.status.as_ref()?.container_statuses.iter().flatten();
    statuses.filter(|container| !container.ready).find_map(|container| container_trouble(pod, container))
}

fn unplaced(pod: &Pod) -> Option<&PodCondition> {
    pod.status.as_ref()?.conditions.iter().flatten().find(|condition| {
        condition.type_ == "PodScheduled" && condition.reason.as_deref() == Some("Unschedulable")
    })
}

/// A pod that has a machine and no container yet. A Secret that does not exist shows in nothing but events.
fn unmounted(pod: &Pod, now: Timestamp) -> Option<Trouble> {
    let status = pod.status.as_ref()?;
    let placed = status
        .conditions
        .iter()
        .flatten()
        .find(|condition| condition.type_ == "PodScheduled" && condition.status == "True");
    let since = placed?.last_transition_time.as_ref()?.0;
    let creating = status.container_statuses.iter().flatten().any(|container| {
        let waiting = container.state.as_ref().and_then(|state| state.waiting.as_ref());
        waiting.is_some_and(|waiting| waiting.reason.as_deref() == Some("ContainerCreating"))
    });
    (creating && now.duration_since(since) > UNMOUNTED).then(|| {
        let (name, namespace) = (pod.name_any(), pod.namespace().unwrap_or_default());
        Trouble {
            reason: "NotMounted",
            what: format!("{name} still waits for its volumes or Secrets"),
            said: None,
            remedy: format!(
                "`kubectl describe pod -n {namespace} {name}` says for which; often it is a Secret that spec.tls, \
                 spec.state.tls, spec.backingStore or spec.dataCentre names and that does not exist"
            ),
        }
    })
}

/// A pod that was asked to go and does not, which Kubernetes waits for without end when its machine is silent.
fn overdue(pod: &Pod, now: Timestamp) -> Option<Trouble> {
    // The deletion timestamp is when the grace period ends.
    let due = pod.metadata.deletion_timestamp.as_ref()?.0;
    (now.duration_since(due) > OVERDUE).then(|| {
        let name = pod.name_any();
        Trouble {
            reason: "NotLeaving",
            what: format!("{name} was to be gone by {due}"),
            said: None,
            remedy: format!(
                "bring its machine back, or, if that is gone for good, delete the Node object or \
                 `kubectl delete pod -n {} {name} --force`",
                pod.namespace().unwrap_or_default()
            ),
        }
    })
}

fn container_trouble(pod: &Pod, container: &ContainerStatus) -> Option<Trouble> {
    let name = pod.name_any();
    let state = container.state.as_ref()?;
    let last = container.last_state.as_ref().and_then(|last| last.terminated.as_ref());
    let ended = state.terminated.as_ref().or(last);
    if ended.is_some_and(|ended| ended.exit_code == BAD_CONFIGURATION) {
        return Some(Trouble {
            reason: "ConfigurationRefused",
            what: format!("{name} refuses its configuration (exit code {BAD_CONFIGURATION})"),
            said: None,
            remedy: format!(
                "{} says why; correct the spec, or set spec.image to the release of the operator",
                logs(pod)
            ),
        });
    }
    let waiting = state.waiting.as_ref();
    let said = Some(quote(waiting.and_then(|waiting| waiting.message.as_deref())));
    match waiting.and_then(|waiting| waiting.reason.as_deref()) {
        Some("ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" | "ErrImageNeverPull") => {
            Some(Trouble {
                reason: "ImageUnavailable",
                what: format!("{name} cannot get image {}", container.image),
                said,
                remedy: "correct spec.image, or let the machine reach it".to_owned(),
            })
        }
        Some("CreateContainerConfigError" | "CreateContainerError" | "RunContainerError") => Some(Trouble {
            reason: "ContainerNotCreated",
            what: format!("{name} cannot start"),
            said,
            remedy: "correct spec.podTemplate".to_owned(),
        }),
        Some("CrashLoopBackOff") => Some(crash_loop(pod, ended)),
        _ => {
            let looping = container.restart_count >= LOOPING && ended.is_some_and(failed_soon);
            looping.then(|| crash_loop(pod, ended))
        }
    }
}

/// Between two failures a container runs for a while, and nothing but its past tells it from a healthy one.
fn failed_soon(ended: &ContainerStateTerminated) -> bool {
    let ran = match (&ended.started_at, &ended.finished_at) {
        (Some(from), Some(to)) => to.0.duration_since(from.0),
        _ => SignedDuration::ZERO,
    };
    ended.exit_code != 0 && ran < GOOD_RUN
}

fn crash_loop(pod: &Pod, ended: Option<&ContainerStateTerminated>) -> Trouble {
    let name = pod.name_any();
    if ended.and_then(|ended| ended.reason.as_deref()) == Some("OOMKilled") {
        return Trouble {
            reason: "OutOfMemory",
            what: format!("{name} needs more memory than it may use"),
            said: None,
            remedy: "raise spec.podTemplate.resources.limits.memory, or lower spec.hotTier.size".to_owned(),
        };
    }
    let code = ended.map_or_else(String::new, |ended| format!(" with exit code {}", ended.exit_code));
    Trouble {
        reason: "CrashLooping",
        what: format!("{name} ends again and again{code}"),
        said: None,
        remedy: format!("{} says why", logs(pod)),
    }
}

/// The command that shows what the last run said, to be copied.
fn logs(pod: &Pod) -> String {
    format!("`kubectl logs -n {} {}`", pod.namespace().unwrap_or_default(), pod.name_any())
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
