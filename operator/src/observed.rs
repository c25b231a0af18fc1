//! Everything that a decision may look at, read in one go.

use std::collections::BTreeMap;

use cloakroom_node_config::NodeReport;
use cloakroom_ring::Ring;
use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{ConfigMap, PersistentVolumeClaim, Pod},
};

use crate::{
    heard::{Heard, Standstill},
    location_secret::{LocationSecret, NoLocationKeys},
    peer_key::{NoPeerKey, PeerKey},
};

/// What the API server and the nodes said. `None` and empty mean "not there": what could not be looked at is an
/// error of the reading, not a value here.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The cluster's StatefulSet.
    pub stateful_set: Option<StatefulSet>,
    /// Pods that carry the cluster's labels, in any order.
    pub pods: Vec<Pod>,
    /// Claims that carry the cluster's labels, in any order; those of removed nodes too.
    pub claims: Vec<PersistentVolumeClaim>,
    /// The nodes' configuration.
    pub node_config: Option<ConfigMap>,
    /// The published ring.
    pub ring: Option<ConfigMap>,
    /// The newest ring that a node acts on, asked for when the published one is lost or behind.
    pub remembered: Option<Ring>,
    /// What is known of the pods and the members of the ring by asking them, by name.
    pub heard: BTreeMap<String, Heard>,
    /// For how long nothing of a hand-over was seen to move; `None` while none is under way.
    pub standstill: Option<Standstill>,
    /// The key that the nodes share; `None` if its Secret does not exist.
    pub peer_key: Option<Result<PeerKey, NoPeerKey>>,
    /// The keys of the location cookie; `None` if their Secret does not exist, or is somebody else's to keep.
    pub location_keys: Option<Result<LocationSecret, NoLocationKeys>>,
    /// Objects with a name of ours that are somebody else's.
    pub strangers: Vec<Stranger>,
    /// Which monitoring resources this API server knows.
    pub monitoring: MonitoringKinds,
}

impl Observed {
    /// What the node of that name answers now.
    #[must_use]
    pub fn report(&self, node: &str) -> Option<&NodeReport> {
        self.heard.get(node)?.current()
    }
}

/// An object in the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stranger {
    /// Its kind, for example `Service`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Kind and name of its controller (`Deployment/web`), if it has one.
    pub owner: Option<String>,
    /// It is being deleted, or belongs to a deleted cluster that had the same name: it goes by itself.
    pub going: bool,
}

/// Which resources of `monitoring.coreos.com/v1` exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MonitoringKinds {
    /// ServiceMonitor.
    pub service_monitor: bool,
    /// PrometheusRule.
    pub prometheus_rule: bool,
}
