//! What is handed to Prometheus.

use std::collections::BTreeMap;

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::{defaults, rules};

/// A ServiceMonitor and a PrometheusRule, made where the cluster knows these resources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Monitoring {
    /// Whether a ServiceMonitor and a PrometheusRule are made.
    #[serde(default = "defaults::monitoring_enabled")]
    pub enabled: bool,
    /// Seconds between two scrapes.
    #[serde(default = "defaults::scrape_seconds")]
    #[schemars(range(min = 1, max = 3600))]
    pub interval_seconds: i32,
    /// Labels put on both, for a Prometheus that selects by label.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = rules::KEYS_MAX, "additionalProperties" = rules::label_value()))]
    #[x_kube(validation = rules::OPERATOR_KEYS)]
    #[x_kube(validation = rules::KEYS_ARE_NAMES)]
    #[x_kube(validation = rules::VALUES_ARE_LABELS)]
    pub labels: BTreeMap<String, String>,
}
