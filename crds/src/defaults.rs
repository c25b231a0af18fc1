//! Each default of the resource once, with its reason.

use std::collections::BTreeMap;

use k8s_openapi::{api::core::v1::ResourceRequirements, apimachinery::pkg::api::resource::Quantity};

use crate::{HotTier, LocationKeys, Monitoring, PodTemplate, State, Storage};

/// One may be away for a restart and one may fail, and somebody still serves.
pub(crate) fn replicas() -> i32 {
    3
}

/// Some 50,000 sessions of 4 KiB, and small enough for a laptop's cluster.
pub(crate) fn hot_tier_size() -> Quantity {
    Quantity("256Mi".to_owned())
}

/// Two million sessions of 4 KiB with room for compaction.
pub(crate) fn storage_size() -> Quantity {
    Quantity("10Gi".to_owned())
}

/// A deleted resource may be a mistake; a deleted volume cannot be undone.
pub(crate) fn retain() -> bool {
    true
}

/// The original service's port, which applications have in their configuration.
pub(crate) fn state_port() -> i32 {
    42_424
}

/// Long against what a browser keeps open, short against what a leaked key would be good for.
pub(crate) fn rotate_every() -> String {
    "30d".to_owned()
}

/// Harmless where Prometheus is absent, expected where it is not.
pub(crate) fn monitoring_enabled() -> bool {
    true
}

/// What Prometheus users are used to.
pub(crate) fn scrape_seconds() -> i32 {
    30
}

/// What the loss of a node may cost, against what a busy session costs the engine: one write in this time.
pub(crate) fn window() -> String {
    "1s".to_owned()
}

/// The engine's own.
pub(crate) fn postgres_port() -> i32 {
    5_432
}

/// Database and schema, so that nothing of others is in the way.
pub(crate) fn postgres_name() -> String {
    "cloakroom".to_owned()
}

/// Requests are pipelined; an engine admits some 100 connections in all.
pub(crate) fn postgres_connections() -> i32 {
    8
}

/// The hot tier, bodies being received, the committer's queue and the index of a million sessions. No CPU limit:
/// throttling shows as latency and protects nobody.
pub(crate) fn resources() -> ResourceRequirements {
    let amounts = |pairs: &[(&str, &str)]| -> BTreeMap<String, Quantity> {
        pairs.iter().map(|(name, amount)| ((*name).to_owned(), Quantity((*amount).to_owned()))).collect()
    };
    ResourceRequirements {
        requests: Some(amounts(&[("cpu", "100m"), ("memory", "768Mi")])),
        limits: Some(amounts(&[("memory", "768Mi")])),
        claims: None,
    }
}

impl Default for HotTier {
    fn default() -> Self {
        Self { size: hot_tier_size() }
    }
}

impl Default for Storage {
    fn default() -> Self {
        Self { size: storage_size(), storage_class_name: None, retain: retain() }
    }
}

impl Default for State {
    fn default() -> Self {
        Self { port: state_port(), tls: None, allow_from: None }
    }
}

impl Default for LocationKeys {
    fn default() -> Self {
        Self { rotate_every: rotate_every(), rotation: 0, secret_name: None }
    }
}

impl Default for Monitoring {
    fn default() -> Self {
        Self { enabled: monitoring_enabled(), interval_seconds: scrape_seconds(), labels: BTreeMap::new() }
    }
}

impl Default for PodTemplate {
    fn default() -> Self {
        Self {
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            resources: resources(),
            node_selector: BTreeMap::new(),
            image_pull_secrets: Vec::new(),
            tolerations: Vec::new(),
            affinity: None,
            topology_spread_constraints: None,
        }
    }
}
