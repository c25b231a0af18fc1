//! Ready: as many nodes serve as are wanted.

use super::{
    condition::Verdict,
    view::{View, list},
};
use crate::nodes::Node;

pub(super) fn ready(view: &View) -> Verdict {
    let wanted = view.cluster.spec.replicas;
    if wanted == 0 {
        return asleep(view);
    }
    let missing: Vec<String> = view
        .wanted()
        .filter(|(_, node)| node.and_then(Node::endpoint).is_none())
        .map(|(name, _)| name)
        .collect();
    if missing.is_empty() {
        return Verdict::yes("AllNodesServe", format!("{wanted} of {wanted} nodes serve"));
    }
    let serving = view.wanted().count().saturating_sub(missing.len());
    Verdict::no("NodesMissing", format!("{serving} of {wanted} nodes serve; not yet: {}", list(&missing)))
}

fn asleep(view: &View) -> Verdict {
    let left: Vec<String> = view.nodes.iter().map(|node| node.name.clone()).collect();
    if left.is_empty() {
        return Verdict::no(
            "Hibernated",
            "spec.replicas is 0: no node runs, volumes and their sessions are kept; raise it to go on",
        );
    }
    Verdict::no(
        "Hibernating",
        format!("spec.replicas is 0, and these nodes are still there: {}", list(&left)),
    )
}
