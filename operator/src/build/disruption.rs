//! How many nodes a drained machine may take away at once.

use k8s_openapi::{
    api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec},
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};

use super::metadata;
use crate::{labels, validate::ValidatedCluster};

pub(super) fn disruption_budget(cluster: &ValidatedCluster) -> PodDisruptionBudget {
    PodDisruptionBudget {
        metadata: metadata(cluster, &cluster.name),
        spec: Some(PodDisruptionBudgetSpec {
            // Not minAvailable: with one node that would forbid every drain.
            max_unavailable: Some(IntOrString::Int(1)),
            selector: Some(LabelSelector {
                match_labels: Some(labels::selector(&cluster.name)),
                ..LabelSelector::default()
            }),
            // A pod that does not serve loses nothing by moving, and must not keep a machine from being drained.
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".to_owned()),
            ..PodDisruptionBudgetSpec::default()
        }),
        status: None,
    }
}
