//! The kinds of objects that the operator deals with, as a closed set: a word for metrics and messages, and
//! how the API server calls them.

use cloakroom_crds::SessionCluster;
use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Secret, Service, ServiceAccount},
    networking::v1::NetworkPolicy,
    policy::v1::PodDisruptionBudget,
};
use kube::discovery::ApiResource;

/// Group and version of the two kinds that belong to the Prometheus operator.
pub(crate) const MONITORING: &str = "monitoring.coreos.com/v1";

/// A kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    SessionCluster,
    ServiceAccount,
    ConfigMap,
    Secret,
    NetworkPolicy,
    Service,
    PodDisruptionBudget,
    StatefulSet,
    ServiceMonitor,
    PrometheusRule,
    PersistentVolumeClaim,
    Pod,
}

impl Kind {
    pub(crate) const ALL: [Self; 12] = [
        Self::SessionCluster,
        Self::ServiceAccount,
        Self::ConfigMap,
        Self::Secret,
        Self::NetworkPolicy,
        Self::Service,
        Self::PodDisruptionBudget,
        Self::StatefulSet,
        Self::ServiceMonitor,
        Self::PrometheusRule,
        Self::PersistentVolumeClaim,
        Self::Pod,
    ];

    /// As the API server spells it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::SessionCluster => "SessionCluster",
            Self::ServiceAccount => "ServiceAccount",
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
            Self::NetworkPolicy => "NetworkPolicy",
            Self::Service => "Service",
            Self::PodDisruptionBudget => "PodDisruptionBudget",
            Self::StatefulSet => "StatefulSet",
            Self::ServiceMonitor => "ServiceMonitor",
            Self::PrometheusRule => "PrometheusRule",
            Self::PersistentVolumeClaim => "PersistentVolumeClaim",
            Self::Pod => "Pod",
        }
    }

    /// Group, version and plural, for requests.
    pub(crate) fn resource(self) -> ApiResource {
        match self {
            Self::SessionCluster => ApiResource::erase::<SessionCluster>(&()),
            Self::ServiceAccount => ApiResource::erase::<ServiceAccount>(&()),
            Self::ConfigMap => ApiResource::erase::<ConfigMap>(&()),
            Self::Secret => ApiResource::erase::<Secret>(&()),
            Self::NetworkPolicy => ApiResource::erase::<NetworkPolicy>(&()),
            Self::Service => ApiResource::erase::<Service>(&()),
            Self::PodDisruptionBudget => ApiResource::erase::<PodDisruptionBudget>(&()),
            Self::StatefulSet => ApiResource::erase::<StatefulSet>(&()),
            Self::ServiceMonitor => monitoring("ServiceMonitor", "servicemonitors"),
            Self::PrometheusRule => monitoring("PrometheusRule", "prometheusrules"),
            Self::PersistentVolumeClaim => ApiResource::erase::<PersistentVolumeClaim>(&()),
            Self::Pod => ApiResource::erase::<Pod>(&()),
        }
    }

    /// Whether it belongs to the Prometheus operator, which not every cluster has.
    pub(crate) fn is_monitoring(self) -> bool {
        matches!(self, Self::ServiceMonitor | Self::PrometheusRule)
    }

    /// As a role names it: `statefulsets.apps`, `services`.
    pub(crate) fn role_name(self) -> String {
        let ApiResource { group, plural, .. } = self.resource();
        if group.is_empty() { plural } else { format!("{plural}.{group}") }
    }
}

fn monitoring(kind: &str, plural: &str) -> ApiResource {
    let (group, version) = MONITORING.split_once('/').expect("the constant has a group and a version");
    ApiResource {
        group: group.to_owned(),
        version: version.to_owned(),
        api_version: MONITORING.to_owned(),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
    }
}
