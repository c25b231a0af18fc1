//! What the conditions are judged from.

use cloakroom_crds::SessionCluster;
use cloakroom_ring::Ring;
use k8s_openapi::{api::apps::v1::StatefulSet, jiff::Timestamp};
use kube::ResourceExt;

use super::Outcome;
use crate::{
    build::{Facts, ring_of},
    nodes::{Node, nodes},
    observed::Observed,
    trouble::{Trouble, lasting},
};

/// A cluster that could be looked at.
pub(super) struct View<'a> {
    pub(super) cluster: &'a SessionCluster,
    pub(super) observed: &'a Observed,
    pub(super) outcome: &'a Outcome,
    /// In the order of their numbers.
    pub(super) nodes: Vec<Node>,
    /// As published.
    pub(super) ring: Option<Ring>,
    pub(super) facts: Facts<'a>,
    pub(super) troubles: Vec<(String, Trouble)>,
    /// As applied, else as observed.
    pub(super) stateful_set: Option<&'a StatefulSet>,
}

impl<'a> View<'a> {
    pub(super) fn new(
        now: Timestamp,
        cluster: &'a SessionCluster,
        observed: &'a Observed,
        outcome: &'a Outcome,
    ) -> Self {
        let trouble_of = |pod| lasting(pod, now).map(|trouble| (pod.name_any(), trouble));
        let stateful_set = match outcome {
            Outcome::Applied(resources, _) => Some(&resources.stateful_set),
            _ => observed.stateful_set.as_ref(),
        };
        Self {
            cluster,
            observed,
            outcome,
            nodes: nodes(&cluster.name_any(), &observed.pods),
            ring: observed.ring.as_ref().and_then(ring_of),
            facts: Facts::new(cluster, observed),
            troubles: observed.pods.iter().filter_map(trouble_of).collect(),
            stateful_set,
        }
    }

    pub(super) fn namespace(&self) -> String {
        self.cluster.namespace().unwrap_or_default()
    }

    /// The pods that are wanted, in order, each with its node if there is one.
    pub(super) fn wanted(&self) -> impl Iterator<Item = (String, Option<&Node>)> {
        let name = self.cluster.name_any();
        (0..u32::try_from(self.cluster.spec.replicas).unwrap_or(0)).map(move |ordinal| {
            let node = self.nodes.iter().find(|node| node.ordinal == ordinal);
            (format!("{name}-{ordinal}"), node)
        })
    }
}

/// The first few names, and how many more.
pub(super) fn list(names: &[String]) -> String {
    const SHOWN: usize = 5;
    match names.len().checked_sub(SHOWN) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..SHOWN].join(", ")),
    }
}
