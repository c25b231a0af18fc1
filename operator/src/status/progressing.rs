//! Progressing: the cluster is being brought to its spec.

use super::{
    Outcome,
    condition::Verdict,
    hand_over, storage_ready,
    view::{View, list},
};
use crate::{nodes::Node, validate::BEING_REMOVED};

pub(super) fn progressing(view: &View) -> Verdict {
    match view.outcome {
        Outcome::Paused => Verdict::no("Paused", "nothing is changed while spec.paused is true"),
        Outcome::Refused(refusals) if refusals.is_waiting() => {
            Verdict::yes(BEING_REMOVED, refusals.to_string())
        }
        Outcome::Refused(_) => Verdict::no("Refused", "nothing is changed until the spec is corrected"),
        Outcome::Failed { step, .. } => {
            Verdict::yes("Retrying", format!("{step} failed and is tried again at growing intervals"))
        }
        Outcome::Applied(..) => towards_the_spec(view),
    }
}

/// The first thing that is waited for, in the order in which things happen.
fn towards_the_spec(view: &View) -> Verdict {
    let status = view.stateful_set.and_then(|set| set.status.as_ref());
    let generation = view.stateful_set.and_then(|set| set.metadata.generation);
    if status.and_then(|status| status.observed_generation) < generation {
        return Verdict::yes("Applied", "Kubernetes has not looked at the new StatefulSet yet");
    }
    if let Some(under_way) = hand_over::under_way(view) {
        return Verdict::yes("HandingOver", under_way);
    }
    let revision = status.and_then(|status| status.update_revision.as_ref());
    let outdated = |node: &Node| revision.is_some_and(|wanted| node.revision.as_ref() != Some(wanted));
    let starting = |node: &Node| !node.ready && view.troubles.iter().all(|(pod, _)| *pod != node.name);
    let nodes = |which: &dyn Fn(&Node) -> bool| -> Vec<String> {
        view.nodes.iter().filter(|node| which(node)).map(|node| node.name.clone()).collect()
    };
    let missing = view.wanted().filter(|(_, node)| node.is_none()).map(|(name, _)| name).collect();
    let is_blocked = view.ring.as_ref().is_some_and(|ring| hand_over::scale_in(view, ring).is_some());
    let surplus = |node: &Node| !is_blocked && !node.leaving && view.facts.is_surplus(&node.name);
    let waits: [(&'static str, &str, Vec<String>); 6] = [
        ("NodesLeaving", "to go", nodes(&|node| node.leaving)),
        ("ScalingIn", "to be removed", nodes(&surplus)),
        ("CreatingNodes", "to be created", missing),
        ("RollingOut", "to be replaced by the new revision", nodes(&outdated)),
        ("NodesStarting", "to be ready", nodes(&starting)),
        ("VolumesGrowing", "to grow", storage_ready::growing(view)),
    ];
    if let Some((reason, what, whom)) = waits.into_iter().find(|(_, _, whom)| !whom.is_empty()) {
        return Verdict::yes(reason, format!("waiting for {} {what}", list(&whom)));
    }
    if view.troubles.is_empty() && hand_over::problems(view).is_empty() {
        Verdict::no("Settled", "everything is as the spec says")
    } else {
        Verdict::no("Blocked", "nothing more happens by itself; condition Degraded says what to do")
    }
}
