//! Everything that a decision may look at, read in one go.

use std::collections::BTreeMap;

use cloakroom_node_config::NodeReport;
use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{ConfigMap, PersistentVolumeClaim, Pod},
};

/// What the API server and the nodes said. `None` and empty mean "not there": what could not be looked at is an
/// error of the reading, not a value here.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// Pod name to the node's answer; a node that could not be asked is absent.
    pub reports: BTreeMap<String, NodeReport>,
    /// Objects with a name of ours that are somebody else's.
    pub strangers: Vec<Stranger>,
    /// Which monitoring resources this API server knows.
    pub monitoring: MonitoringKinds,
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
