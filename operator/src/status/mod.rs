//! How a cluster stands, from what was observed and what came of the reconcile. One file per condition.

mod backing_store;
mod condition;
mod degraded;
mod hand_over;
mod peers;
mod progressing;
mod ready;
mod ring;
mod storage_ready;
mod view;

use cloakroom_crds::{
    Endpoint, LocationKeysStatus, SessionCluster, SessionClusterStatus, condition as types,
};
use k8s_openapi::jiff::Timestamp;
use kube::ResourceExt;

use crate::{
    build::{self, Applied, Resources, ring_of},
    labels, names,
    observed::Observed,
    validate::Refusals,
};
use condition::Verdict;
use view::View;

/// What came of a reconcile.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// `spec.paused`: nothing was written.
    Paused,
    /// Nothing was written until the spec is corrected.
    Refused(Refusals),
    /// Everything was written, but for what the cluster can serve without.
    Applied(Box<Resources<Applied>>, Shortfall),
    /// A step did not end.
    Failed {
        /// Which one, as in the metrics.
        step: &'static str,
        /// What went wrong and what to do.
        message: String,
    },
}

/// What was asked for and refused, while everything else was applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shortfall {
    /// Claims that were not let grow.
    pub volumes: Vec<RefusedGrowth>,
    /// Why Prometheus is not told of the nodes, if it should be.
    pub monitoring: Option<String>,
    /// Why the keys of the location cookie were not written, if they should have been.
    pub location_keys: Option<String>,
}

/// A claim that was not let grow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedGrowth {
    /// Name of the claim.
    pub claim: String,
    /// The API server's words.
    pub message: String,
}

/// The status to write. `observed` is `None` if the cluster could not be looked at: then counts are the last
/// known ones and the conditions that depend on it are `Unknown`.
#[must_use]
pub fn status(
    now: Timestamp,
    cluster: &SessionCluster,
    observed: Option<&Observed>,
    outcome: &Outcome,
) -> SessionClusterStatus {
    let before = cluster.status.clone().unwrap_or_default();
    let mut status = SessionClusterStatus {
        observed_generation: cluster.metadata.generation,
        selector: Some(labels::selector_text(&cluster.name_any())),
        sessions: None,
        epoch: epoch(&before, observed),
        ..before
    };
    let view = observed.map(|observed| View::new(now, cluster, observed, outcome));
    if let Some(view) = &view {
        status.replicas = count(view.nodes.len());
        status.endpoints = endpoints(view);
        status.ready_replicas = count(status.endpoints.len());
        status.sessions = sessions(view);
        status.location_keys = location_keys(view);
        // A ring that was lost is remembered until there is another: its members may hold sessions.
        status.ring = view.ring.as_ref().map(|ring| ring::ring(ring, &view.facts)).or(status.ring);
    }
    let generation = cluster.metadata.generation;
    let was = status.conditions.iter().find(|condition| condition.type_ == types::DEGRADED);
    let seen = |judge: fn(&View) -> Verdict| view.as_ref().map_or_else(|| not_observed(outcome), judge);
    status.backing_store = backing_store::in_force(status.backing_store, cluster, outcome);
    let has_store = cluster.spec.backing_store.is_some() || status.backing_store.is_some();
    let reachable = has_store.then(|| seen(backing_store::backing_store_reachable));
    let verdicts = [
        (types::READY, seen(ready::ready)),
        (types::PROGRESSING, seen(progressing::progressing)),
        (types::DEGRADED, degraded::degraded(was, generation, view.as_ref(), outcome)),
        (types::PAUSED, paused(outcome)),
        (types::STORAGE_READY, seen(storage_ready::storage_ready)),
    ];
    let reachable = reachable.map(|verdict| (types::BACKING_STORE_REACHABLE, verdict));
    let has_peers = !cluster.spec.peers.is_empty();
    let said = status.conditions.iter().find(|condition| condition.type_ == types::PEERS_REACHABLE);
    let reached = |view: &View| peers::peers_reachable(said, view);
    let peers = || view.as_ref().map_or_else(|| not_observed(outcome), reached);
    let peers = has_peers.then(|| (types::PEERS_REACHABLE, peers()));
    let verdicts = verdicts.into_iter().chain(reachable).chain(peers);
    status.conditions = condition::conditions(&status.conditions, verdicts, generation, now);
    status
}

fn endpoints(view: &View) -> Vec<Endpoint> {
    let endpoint = |node: &crate::nodes::Node| {
        Some(Endpoint { node: node.name.clone(), address: node.endpoint()?.to_string() })
    };
    view.nodes.iter().filter_map(endpoint).collect()
}

/// The sum over all nodes that serve; absent unless each of them answered, and while none serves.
fn sessions(view: &View) -> Option<i64> {
    let serving: Vec<_> = view.nodes.iter().filter(|node| node.endpoint().is_some()).collect();
    if serving.is_empty() {
        return None;
    }
    let held = |name: &str| i64::try_from(view.observed.report(name)?.sessions?).ok();
    serving.into_iter().map(|node| held(&node.name)).try_fold(0_i64, |sum, held| sum.checked_add(held?))
}

fn location_keys(view: &View) -> Option<LocationKeysStatus> {
    let held = view.observed.location_keys.as_ref()?.as_ref().ok()?;
    Some(LocationKeysStatus {
        secret_name: names::location_keys(&view.cluster.name_any()),
        newest: i64::from(held.keys.newest_id()),
        seals_from: build::seals_from(&held.keys),
    })
}

/// The newest that is known: an epoch never goes back.
fn epoch(before: &SessionClusterStatus, observed: Option<&Observed>) -> Option<i64> {
    let published = observed.and_then(|observed| observed.ring.as_ref());
    before.epoch.max(published.and_then(ring_of).map(|published| ring::number(published.epoch)))
}

fn paused(outcome: &Outcome) -> Verdict {
    match outcome {
        Outcome::Paused => Verdict::yes(
            "SpecPaused",
            "nothing but this status is written; set spec.paused to false to go on",
        ),
        _ => Verdict::no("NotPaused", "changes to the spec are carried out"),
    }
}

fn not_observed(outcome: &Outcome) -> Verdict {
    let why = match outcome {
        Outcome::Failed { message, .. } => message.as_str(),
        _ => "it was not looked at",
    };
    Verdict::unknown("NotObserved", format!("could not be looked at: {why}"))
}

/// Nodes are at most a hundred.
fn count(nodes: usize) -> i32 {
    i32::try_from(nodes).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests;
