//! What a ring is decided from: the pods, what is known of them by asking, and how many are wanted.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use cloakroom_crds::SessionCluster;
use cloakroom_node_config::{BackingMode, BackingReport, NodePhase, NodeReport, RingReport, Silent};
use cloakroom_ring::{CLIENTS_PORT, Member, Ring, State};
use kube::ResourceExt;

use super::silence;
use crate::{
    heard::{Heard, Silence, Voice},
    names,
    nodes::{Node, nodes},
    observed::Observed,
    ports,
};

/// A node that was excluded must answer for so long before it is let in again: one that comes and goes would move
/// sessions to and fro.
const PROBATION: Duration = Duration::from_secs(10);

/// What is known about the nodes of one cluster.
#[derive(Clone, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) cluster: String,
    /// Nodes that are wanted.
    pub(crate) replicas: u32,
    /// In the order of their numbers.
    pub(crate) nodes: Vec<Node>,
    /// The newest ring that a node acts on, if it was asked for.
    pub(crate) remembered: Option<&'a Ring>,
    heard: &'a BTreeMap<String, Heard>,
}

impl<'a> Facts<'a> {
    pub(crate) fn new(cluster: &SessionCluster, observed: &'a Observed) -> Self {
        Self::of(cluster.name_any(), cluster.spec.replicas, observed)
    }

    pub(crate) fn of(cluster: String, replicas: i32, observed: &'a Observed) -> Self {
        Self {
            replicas: u32::try_from(replicas).unwrap_or(0),
            nodes: nodes(&cluster, &observed.pods),
            remembered: observed.remembered.as_ref(),
            heard: &observed.heard,
            cluster,
        }
    }

    /// The pod of that name.
    pub(crate) fn pod(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// Whether the cluster's spec has no place for it.
    pub(crate) fn is_surplus(&self, name: &str) -> bool {
        names::ordinal(&self.cluster, name).is_none_or(|ordinal| ordinal >= self.replicas)
    }

    pub(crate) fn answers(&self, name: &str) -> bool {
        self.report(name).is_some()
    }

    /// What it says now.
    pub(crate) fn report(&self, name: &str) -> Option<&NodeReport> {
        self.heard.get(name)?.current()
    }

    /// What it said last of the ring.
    pub(crate) fn last_said(&self, name: &str) -> Option<&RingReport> {
        self.heard.get(name)?.report.as_ref()?.ring.as_ref()
    }

    /// Sessions that it had when it was last heard.
    pub(crate) fn last_sessions(&self, name: &str) -> Option<u64> {
        self.heard.get(name)?.report.as_ref()?.sessions
    }

    /// When all nodes write to their backing store, by what they said last; `None` without one, and while they differ.
    pub(crate) fn backing(&self) -> Option<BackingMode> {
        let reports = self.heard.values().filter_map(|heard| heard.report.as_ref());
        let mut modes = reports.map(|report| report.backing.as_ref().map(|backing| backing.mode));
        let first = modes.next()??;
        modes.all(|mode| mode == Some(first)).then_some(first)
    }

    /// How long a member may be silent.
    pub(crate) fn grace(&self) -> Duration {
        silence::grace(self.backing())
    }

    /// Whether nodes that answer do not reach their backing store.
    pub(crate) fn misses_backing(&self) -> bool {
        self.backings().any(|backing| !backing.reachable)
    }

    /// The highest epoch that a node met in its backing store, above its ring's; 0 if none did.
    pub(crate) fn epoch_seen(&self) -> u64 {
        self.backings().map(|backing| backing.epoch_seen).max().unwrap_or(0)
    }

    fn backings(&self) -> impl Iterator<Item = &BackingReport> {
        self.heard.values().filter_map(|heard| heard.current()?.backing.as_ref())
    }

    /// How long it has been silent; `None` while it answers.
    pub(crate) fn silence(&self, name: &str) -> Option<Silence> {
        match self.heard.get(name)?.voice {
            Voice::Silent(silence) => Some(silence),
            Voice::Answers(_) => None,
        }
    }

    /// Those who were excluded, are wanted, and still do not answer.
    pub(crate) fn excluded(&self) -> impl Iterator<Item = (&str, Silence)> {
        let wanted = self.heard.iter().filter(|(name, heard)| heard.excluded && !self.is_surplus(name));
        wanted.filter_map(|(name, _)| Some((name.as_str(), self.silence(name)?)))
    }

    /// Whether a node that answers says that it cannot reach `name`.
    pub(crate) fn is_missed(&self, name: &str) -> bool {
        let misses = |ring: &RingReport| ring.silent.iter().any(|silent| silent.name == name);
        self.heard.values().filter_map(|heard| heard.current()?.ring.as_ref()).any(misses)
    }

    /// Pairs of members of which the first has not reached the second for `lasting`, though both answer.
    pub(crate) fn cut_off(&self, ring: &Ring, lasting: Duration) -> Vec<(&str, &str)> {
        let is_long = |silent: &&Silent| Duration::from_millis(silent.for_millis) >= lasting;
        let mut pairs = Vec::new();
        for (name, heard) in self.heard {
            let Some(said) = heard.current().and_then(|report| report.ring.as_ref()) else { continue };
            let missed = said.silent.iter().filter(is_long).map(|silent| silent.name.as_str());
            let here = missed.filter(|missed| ring.member(missed).is_some() && self.answers(missed));
            pairs.extend(here.map(|missed| (name.as_str(), missed)));
        }
        pairs
    }

    /// Whether the pod was asked to go and can still hand over what it has.
    pub(crate) fn is_leaving(&self, name: &str) -> bool {
        self.pod(name).is_some_and(|pod| pod.leaving) && self.answers(name)
    }

    /// Whether the member of that name holds no session of another one in the ring of this epoch.
    pub(crate) fn has_settled(&self, name: &str, epoch: u64) -> bool {
        self.heard.get(name).is_some_and(|heard| heard.settled == epoch)
    }

    /// Whether every session is where `ring` wants it.
    pub(crate) fn is_settled(&self, ring: &Ring) -> bool {
        ring.members.iter().all(|member| self.has_settled(&member.name, ring.epoch))
    }

    /// The member that a node is once it is let in.
    pub(crate) fn newcomer(&self, node: &Node) -> Option<Member> {
        let heard = self.heard.get(&node.name)?;
        let Voice::Answers(lasting) = heard.voice else { return None };
        let trusted = !heard.excluded || lasting >= PROBATION;
        if trusted && self.is_candidate(node) { member(node, State::Active) } else { None }
    }

    /// Whether somebody who is no member would be one, now or in a moment.
    pub(crate) fn has_candidates(&self, ring: Option<&Ring>) -> bool {
        let is_member = |node: &Node| ring.is_some_and(|ring| ring.member(&node.name).is_some());
        self.nodes.iter().any(|node| !is_member(node) && self.is_candidate(node))
    }

    /// Whether all nodes that are wanted are up, or the first of them has waited for the others for `patience`.
    pub(crate) fn is_complete(&self, patience: Duration) -> bool {
        let up = self.nodes.iter().filter(|node| self.is_candidate(node));
        let waited = |node: &Node| match self.heard.get(&node.name)?.voice {
            Voice::Answers(lasting) => Some(lasting),
            Voice::Silent(_) => None,
        };
        let waits: Vec<Duration> = up.filter_map(waited).collect();
        waits.len() >= self.replicas as usize || waits.into_iter().any(|waited| waited >= patience)
    }

    fn is_candidate(&self, node: &Node) -> bool {
        !node.leaving && !self.is_surplus(&node.name) && self.is_up(&node.name)
    }

    /// Whether it could serve if a ring named it. One that still starts answers as well, and one without a word about a ring
    /// is alone, or of a release that knows none.
    pub(crate) fn is_up(&self, name: &str) -> bool {
        let is_up = |report: &NodeReport| {
            report.ring.is_some() && matches!(report.phase, NodePhase::Joining | NodePhase::Ready)
        };
        self.report(name).is_some_and(is_up)
    }

    /// Whether the pod that answers is another than the member's and remembers no ring: its volume is a new one.
    pub(crate) fn is_emptied(&self, member: &Member) -> bool {
        let name = &member.name;
        let another = self.pod(name).is_some_and(|pod| pod.uid != member.pod_uid);
        let forgetful =
            self.report(name).and_then(|report| report.ring.as_ref()).is_some_and(|ring| ring.epoch == 0);
        another && forgetful && self.is_up(name)
    }
}

/// The member that a pod makes; `None` while it has no address.
pub(crate) fn member(node: &Node, state: State) -> Option<Member> {
    let ip = node.ip?;
    let address = SocketAddr::new(ip, ports::PEERS_PORT);
    // The usual port goes without saying: a ring that says it would be another one than that of an earlier release.
    let unusual = node.state_port.filter(|port| *port != CLIENTS_PORT);
    let clients = unusual.map(|port| SocketAddr::new(ip, port));
    Some(Member { name: node.name.clone(), pod_uid: node.uid.clone(), address, clients, state })
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Pod;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_member_says_where_clients_reach_it_if_that_is_unusual() {
        for (port, expected) in [(42_424, None), (5_000, Some(SocketAddr::from(([10, 0, 0, 7], 5_000))))] {
            let container = json!({ "name": "node", "ports": [{ "name": "state", "containerPort": port }] });
            let pod: Pod = serde_json::from_value(json!({
                "metadata": { "name": "shop-0", "uid": "a" },
                "spec": { "containers": [container] },
                "status": { "podIP": "10.0.0.7" },
            }))
            .unwrap();
            let member = member(&nodes("shop", &[pod])[0], State::Active).unwrap();
            assert_eq!(member.clients, expected);
            assert_eq!(member.clients().port(), port);
        }
    }
}
