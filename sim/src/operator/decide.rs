//! Which ring comes next.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use cloakroom_node_config::RingReport;
use cloakroom_ring::{Member, Ring, State, UNSETTLED_MAX};

use crate::settings::DAMPING;

/// One node as the operator sees it.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Whether there is a pod of that name.
    pub(super) exists: bool,
    /// Whether the pod is to go, for now or for good.
    pub(super) leaving: bool,
    pub(super) uid: String,
    pub(super) address: SocketAddr,
    /// What it says now; `None` if it does not answer.
    pub(super) report: Option<RingReport>,
    /// The epoch at which it last said that everything is handed over.
    pub(super) settled: u64,
    pub(super) answering_for: Option<Duration>,
    pub(super) silent_for: Duration,
}

/// Why there is another ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// There was none.
    First,
    /// It is new, or back.
    Joined(String),
    /// It is about to go.
    Drains(String),
    /// It has handed everything over and is gone.
    Left(String),
    /// It was silent for too long; what it has is given up until it returns.
    Excluded(String),
}

/// A ring of everybody who answers.
pub(super) fn first(nodes: &BTreeMap<String, Node>) -> Option<(Ring, Why)> {
    let members: Vec<Member> = nodes
        .iter()
        .filter(|(_, node)| node.report.is_some() && !node.leaving)
        .map(|(name, node)| member(name, node, State::Active))
        .collect();
    let ring =
        Ring { cluster: "simulation".to_owned(), epoch: 1, members, unsettled: Vec::new(), lossy: false };
    (!ring.members.is_empty()).then_some((ring, Why::First))
}

/// The ring after `ring`, if there is a reason for one. A member that is silent for `grace` is lost.
pub(super) fn next(ring: &Ring, nodes: &BTreeMap<String, Node>, grace: Duration) -> Option<(Ring, Why)> {
    let lost = (ring.unsettled.len() < UNSETTLED_MAX).then(|| excluded(ring, nodes, grace)).flatten();
    let why = lost.or_else(|| left(ring, nodes)).or_else(|| {
        // One planned change at a time; but where nobody is Active, the first who is there again is.
        (is_settled(ring, nodes) || !has_active(ring)).then(|| planned(ring, nodes)).flatten()
    })?;
    let members = match &why {
        Why::Excluded(name) | Why::Left(name) => without(ring, name),
        Why::Drains(name) => with(ring, member(name, &nodes[name], State::Draining)),
        Why::Joined(name) => with(ring, member(name, &nodes[name], State::Active)),
        Why::First => unreachable!("there is a ring"),
    };
    // A ring is never empty: whoever is the last one stays in it.
    if members.is_empty() {
        return None;
    }
    let settled = |name: &str| nodes.get(name).is_some_and(|node| node.settled >= ring.epoch);
    Some((ring.next(members, settled), why))
}

/// Whether everybody acts on the ring and has nothing of others.
pub(super) fn is_settled(ring: &Ring, nodes: &BTreeMap<String, Node>) -> bool {
    ring.members.iter().all(|member| {
        let report = nodes.get(&member.name).and_then(|node| node.report.as_ref());
        report.is_some_and(|report| report.epoch == ring.epoch && report.settled == ring.epoch)
    })
}

/// Whether Draining members own nothing. Where nobody is Active they go on owning what they have, and stay.
fn has_active(ring: &Ring) -> bool {
    ring.members.iter().any(|member| member.state == State::Active)
}

fn excluded(ring: &Ring, nodes: &BTreeMap<String, Node>, grace: Duration) -> Option<Why> {
    let silent = ring.members.iter().find(|member| {
        let Some(node) = nodes.get(&member.name) else { return false };
        let still_has = member.state == State::Active || has_active(ring) && node.settled < ring.epoch;
        node.report.is_none() && node.silent_for >= grace && still_has
    })?;
    let answers = |member: &&Member| nodes.get(&member.name).is_some_and(|node| node.report.is_some());
    let active: Vec<&Member> = ring.members.iter().filter(|member| member.state == State::Active).collect();
    // In an even ring the object itself is one more voter, and whoever can write it has its vote.
    let votes = active.iter().copied().filter(answers).count() + usize::from(active.len().is_multiple_of(2));
    let accused = nodes
        .values()
        .filter_map(|node| node.report.as_ref())
        .any(|report| report.silent.iter().any(|other| other.name == silent.name));
    (accused && 2 * votes > active.len()).then(|| Why::Excluded(silent.name.clone()))
}

fn left(ring: &Ring, nodes: &BTreeMap<String, Node>) -> Option<Why> {
    if !has_active(ring) {
        return None;
    }
    let gone = ring.members.iter().find(|member| {
        member.state == State::Draining
            && nodes.get(&member.name).is_none_or(|node| !node.exists && node.settled >= ring.epoch)
    })?;
    Some(Why::Left(gone.name.clone()))
}

fn planned(ring: &Ring, nodes: &BTreeMap<String, Node>) -> Option<Why> {
    // The last Active member keeps its share, also while it restarts: with nobody Active all would own a share again, those
    // included that have just handed theirs over and may never come back.
    let may_drain = ring.members.iter().filter(|member| member.state == State::Active).count() > 1;
    nodes.iter().find_map(|(name, node)| {
        let state = ring.member(name).map(|member| member.state);
        match state {
            Some(State::Active) if node.leaving && may_drain => Some(Why::Drains(name.clone())),
            Some(State::Draining) | None if may_join(node) => Some(Why::Joined(name.clone())),
            _ => None,
        }
    })
}

fn may_join(node: &Node) -> bool {
    node.exists && !node.leaving && node.answering_for.is_some_and(|time| time >= DAMPING)
}

fn member(name: &str, node: &Node, state: State) -> Member {
    Member { name: name.to_owned(), pod_uid: node.uid.clone(), address: node.address, clients: None, state }
}

fn without(ring: &Ring, name: &str) -> Vec<Member> {
    ring.members.iter().filter(|member| member.name != name).cloned().collect()
}

fn with(ring: &Ring, member: Member) -> Vec<Member> {
    let mut members = without(ring, &member.name);
    members.push(member);
    members.sort_by(|left, right| left.name.cmp(&right.name));
    members
}
