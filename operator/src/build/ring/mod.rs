//! The ring object: who is a member, numbered by an epoch, and who serves.
//!
//! It depends on nothing that is judged: who serves must be told also while the spec is refused. Members follow what
//! the nodes themselves answer, never the readiness probe: a probe that is missed must not move sessions. Who serves is
//! published beside them, as the probes say it, and moves no epoch.

mod capacity;
mod facts;
mod next;
mod origin;
mod pace;
mod silence;
mod why;

use cloakroom_crds::SessionCluster;
use cloakroom_ring::Ring;
use k8s_openapi::{api::core::v1::ConfigMap, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use kube::{Resource, ResourceExt};

pub(crate) use capacity::{Blocked, blocked};
pub(crate) use facts::Facts;
pub(crate) use next::last_ring;
pub(crate) use pace::pause;
pub(crate) use silence::{Verdict, majority_answers, missed};
pub(crate) use why::Why;

use super::owned;
use crate::{
    kind::Kind,
    names,
    nodes::Node,
    observed::{Observed, Stranger},
};
use next::Next;
use origin::Published;

/// Key of the ring as JSON, and so its file's name.
pub(crate) const RING: &str = "ring.json";
/// Key of the addresses that serve, one a line.
const ENDPOINTS: &str = "endpoints";

/// The ring object as it must be published, and what is new about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Publication {
    /// It carries the resourceVersion that it was derived from, so that a change in between is a conflict.
    pub object: ConfigMap,
    /// Why the ring is another one; empty if it is as before.
    pub(crate) why: Vec<Why>,
}

impl Publication {
    /// What is different about the ring, as sentences; empty if it is as before.
    #[must_use]
    pub fn news(&self) -> Vec<String> {
        self.why.iter().map(Why::to_string).collect()
    }
}

/// What must be published; `None` if somebody else's object has its name.
#[must_use]
pub fn ring(cluster: &SessionCluster, observed: &Observed) -> Option<Publication> {
    let name = names::ring(&cluster.name_any());
    let taken = |stranger: &Stranger| stranger.kind == Kind::ConfigMap.word() && stranger.name == name;
    if observed.strangers.iter().any(taken) {
        return None;
    }
    let owner = cluster.controller_owner_ref(&())?;
    let facts = Facts::new(cluster, observed);
    let published = observed.ring.as_ref().map_or(Published::Nothing, read);
    let (ring, why) = match (origin::following(cluster, &published, &facts), published) {
        (Some(Next { ring, why }), _) => (Some(ring), why),
        (None, Published::Ring(last)) => (Some(last), Vec::new()),
        (None, _) => (None, Vec::new()),
    };
    let serving = (ENDPOINTS.to_owned(), endpoints(&facts.nodes));
    let ring = ring.map(|ring| (RING.to_owned(), ring.to_json()));
    let before = observed.ring.as_ref();
    let metadata = ObjectMeta {
        resource_version: before.and_then(|object| object.metadata.resource_version.clone()),
        ..owned(owner, &cluster.namespace().unwrap_or_default(), name)
    };
    let data = Some([serving].into_iter().chain(ring).collect());
    Some(Publication { object: ConfigMap { metadata, data, ..ConfigMap::default() }, why })
}

/// The ring that an object says; `None` if it has none, or a damaged one.
#[must_use]
pub fn ring_of(object: &ConfigMap) -> Option<Ring> {
    match read(object) {
        Published::Ring(ring) => Some(ring),
        Published::Nothing | Published::Damaged => None,
    }
}

fn read(object: &ConfigMap) -> Published {
    match object.data.as_ref().and_then(|data| data.get(RING)) {
        None => Published::Nothing,
        Some(text) => Ring::from_json(text).map_or(Published::Damaged, Published::Ring),
    }
}

/// Empty when nobody serves; the key is there all the same, because its absence would mean that nobody looked.
fn endpoints(nodes: &[Node]) -> String {
    nodes.iter().filter_map(Node::endpoint).map(|address| format!("{address}\n")).collect()
}

#[cfg(test)]
mod tests;
