//! What the operator remembers about a cluster between two reconciles. All of it may be lost at any time: a
//! new process starts with nothing and comes to the same cluster, with a few more requests.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use cloakroom_crds::SessionCluster;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::{Resource as _, ResourceExt as _, core::DynamicObject};
use parking_lot::Mutex;

use crate::{farewell::Farewell, fingerprint::Fingerprint, hearing::Hearing, kind::Kind, reports::Reports};

/// What is remembered about one cluster.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Of the resource, so that one that was made anew is a stranger to this memory.
    uid: Option<String>,
    /// Reconciles that failed since the last that did not.
    pub(crate) failures: u32,
    pub(crate) sent: Sent,
    pub(crate) reports: Reports,
    pub(crate) hearing: Hearing,
    /// Once there is a ring.
    pub(crate) farewell: Option<Farewell>,
    /// How soon to look again while nodes do something that nobody tells of.
    pub(crate) pause: Option<Duration>,
    /// By name of the claim.
    pub(crate) refusals: BTreeMap<String, RefusedGrowth>,
}

/// A claim that may not grow.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RefusedGrowth {
    /// The size that was asked for.
    pub(crate) size: Quantity,
    /// What the API server said.
    pub(crate) message: String,
    pub(crate) at: Instant,
}

/// For each object, what was last sent and what the API server made of it.
#[derive(Debug, Default)]
pub(crate) struct Sent(BTreeMap<(Kind, String), (Fingerprint, Fingerprint)>);

impl Sent {
    /// Whether the API server holds exactly what it held after `desired` was last sent.
    pub(crate) fn is_current(
        &self,
        kind: Kind,
        name: &str,
        desired: Fingerprint,
        live: &DynamicObject,
    ) -> bool {
        self.0.get(&(kind, name.to_owned())) == Some(&(desired, Fingerprint::of(live)))
    }

    /// `desired` was sent and became `live`.
    pub(crate) fn remember(&mut self, kind: Kind, name: &str, desired: Fingerprint, live: &DynamicObject) {
        self.0.insert((kind, name.to_owned()), (desired, Fingerprint::of(live)));
    }
}

/// The memories of all clusters, by namespace and name.
#[derive(Debug, Default)]
pub(crate) struct Memories(Mutex<BTreeMap<(String, String), Memory>>);

impl Memories {
    /// Takes out what is known about `cluster`; the controller never reconciles one twice at once.
    pub(crate) fn take(&self, cluster: &SessionCluster) -> Memory {
        let known = self.0.lock().remove(&key(cluster)).unwrap_or_default();
        if known.uid == cluster.meta().uid {
            known
        } else {
            Memory { uid: cluster.uid(), ..Memory::default() }
        }
    }

    /// Puts it back.
    pub(crate) fn put(&self, cluster: &SessionCluster, memory: Memory) {
        self.0.lock().insert(key(cluster), memory);
    }

    /// The cluster is gone; what was known about it.
    pub(crate) fn forget(&self, namespace: &str, name: &str) -> Option<Memory> {
        self.0.lock().remove(&(namespace.to_owned(), name.to_owned()))
    }
}

fn key(cluster: &SessionCluster) -> (String, String) {
    (cluster.namespace().unwrap_or_default(), cluster.name_any())
}
