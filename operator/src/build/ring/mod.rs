//! The ring: who is a member, numbered by an epoch, and who of them serves.
//!
//! It depends on nothing that is judged: who serves must be told also while the spec is refused.
//!
//! The epoch rises when the members change and does not go back while the resource lives, whatever happens to the
//! object, unless the status that told it last is lost as well: nodes and stores will refuse what comes from an
//! earlier one. A cluster that is deleted and made again counts from 1, though its volumes may be the former's;
//! `cluster` tells the two apart. Readiness is published beside the members and moves no epoch, since a node that
//! misses a probe has not left.

use cloakroom_crds::SessionCluster;
use k8s_openapi::{api::core::v1::ConfigMap, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use kube::{Resource, ResourceExt};
use serde::{Deserialize, Serialize};

use super::owned;
use crate::{
    kind::Kind,
    names,
    nodes::{Node, nodes},
    observed::{Observed, Stranger},
    ports,
};

/// Key of the ring as JSON.
const RING: &str = "ring.json";
/// Key of the addresses that serve, one a line.
const ENDPOINTS: &str = "endpoints";
/// Added to the last epoch told when the object itself is lost: rings may have been published that nobody told of,
/// and an epoch must not mean two things.
const AFTER_LOSS: i64 = 1_000;

/// What the ConfigMap says under `ring.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ring {
    /// The uid of the resource: an epoch means nothing beside those of another cluster, nor of one that had the same
    /// name before.
    pub cluster: String,
    /// Number of this list of members; from 1.
    pub epoch: i64,
    /// In the order of their numbers.
    pub members: Vec<Member>,
}

/// A node of the ring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// Name of its pod.
    pub name: String,
    /// The pod's uid.
    pub pod_uid: String,
    /// Name and port by which other nodes reach it.
    pub address: String,
    /// The pod's address.
    #[serde(rename = "podIP")]
    pub pod_ip: String,
    /// Whether it is to keep its sessions.
    pub state: MemberState,
    /// Whether it serves.
    pub ready: bool,
}

/// What is expected of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MemberState {
    /// It stays.
    Active,
    /// It is about to go.
    Draining,
}

impl Ring {
    /// Reads the published object; `None` if it is damaged.
    #[must_use]
    pub fn of(object: &ConfigMap) -> Option<Self> {
        serde_json::from_str(object.data.as_ref()?.get(RING)?).ok()
    }
}

/// The ring as it must be published; `None` if somebody else's object has its name. It carries the resourceVersion
/// that it was derived from, so that a change in between is a conflict.
#[must_use]
pub fn ring(cluster: &SessionCluster, observed: &Observed) -> Option<ConfigMap> {
    let name = names::ring(&cluster.name_any());
    let taken = |stranger: &Stranger| stranger.kind == Kind::ConfigMap.word() && stranger.name == name;
    if observed.strangers.iter().any(taken) {
        return None;
    }
    let owner = cluster.controller_owner_ref(&())?;
    let nodes = nodes(&owner.name, &observed.pods);
    let ring = next(cluster, observed.ring.as_ref(), &nodes);
    let json = serde_json::to_string(&ring).expect("a list of texts and numbers is JSON");
    let published = observed.ring.as_ref();
    let resource_version = published.and_then(|ring| ring.metadata.resource_version.clone());
    Some(ConfigMap {
        metadata: ObjectMeta {
            resource_version,
            ..owned(owner, &cluster.namespace().unwrap_or_default(), name)
        },
        data: Some([(RING.to_owned(), json), (ENDPOINTS.to_owned(), endpoints(&nodes))].into()),
        ..ConfigMap::default()
    })
}

fn next(cluster: &SessionCluster, published: Option<&ConfigMap>, nodes: &[Node]) -> Ring {
    let members: Vec<Member> = nodes.iter().filter_map(|node| member(cluster, node)).collect();
    let told = cluster.status.as_ref().and_then(|status| status.epoch).unwrap_or(0);
    let uid = cluster.uid().unwrap_or_default();
    let epoch = match published.map(Ring::of) {
        None if told == 0 => 1,
        Some(Some(last)) if last.epoch >= told && last.cluster == uid => {
            if same_members(&last.members, &members) { last.epoch } else { last.epoch.saturating_add(1) }
        }
        // Deleted, damaged, or put back from a copy that was older than what was told, or a former cluster's.
        _ => told.saturating_add(AFTER_LOSS),
    };
    Ring { cluster: uid, epoch, members }
}

/// A node without an address cannot be told of.
fn member(cluster: &SessionCluster, node: &Node) -> Option<Member> {
    let peers = names::peer_service(&cluster.name_any());
    let namespace = cluster.namespace().unwrap_or_default();
    Some(Member {
        address: format!("{}.{peers}.{namespace}.svc:{}", node.name, ports::PEERS_PORT),
        name: node.name.clone(),
        pod_uid: node.uid.clone(),
        pod_ip: node.ip?.to_string(),
        state: if node.leaving { MemberState::Draining } else { MemberState::Active },
        ready: node.endpoint().is_some(),
    })
}

fn same_members(last: &[Member], now: &[Member]) -> bool {
    let but_ready = |member: &Member| Member { ready: false, ..member.clone() };
    last.iter().map(but_ready).eq(now.iter().map(but_ready))
}

/// Empty when nobody serves; the key is there all the same, because its absence would mean that nobody looked.
fn endpoints(nodes: &[Node]) -> String {
    nodes.iter().filter_map(Node::endpoint).map(|address| format!("{address}\n")).collect()
}

#[cfg(test)]
mod tests;
