//! Makes every object of a cluster, as values. One file per object.

mod backing_store;
mod data_centre;
mod disruption;
mod location_keys;
mod monitoring;
mod mounts;
mod network_policy;
pub mod node_config;
mod peer_secret;
mod pod;
mod replicas;
mod ring;
mod service_account;
mod services;
mod state_tls;
mod stateful_set;

use std::marker::PhantomData;

use k8s_openapi::{
    api::{
        apps::v1::StatefulSet,
        core::v1::{ConfigMap, Service, ServiceAccount},
        networking::v1::NetworkPolicy,
        policy::v1::PodDisruptionBudget,
    },
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference},
};
use kube::core::DynamicObject;

pub(crate) use backing_store::key_prefix;
pub(crate) use location_keys::seals_from;
pub use location_keys::{LocationKeys, location_keys};
pub use peer_secret::peer_secret;
pub(crate) use pod::template;
pub(crate) use ring::{Blocked, Facts, Verdict, Why, blocked, last_ring, majority_answers, missed, pause};
pub use ring::{Publication, ring, ring_of};

use crate::{labels, observed::Observed, restart, validate::ValidatedCluster};

/// As built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prepared {}

/// As the API server gave it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {}

/// All objects of a cluster but the ring ([`ring`]) and the keys ([`peer_secret`], [`location_keys`]), in the order they are
/// applied: the StatefulSet after all that its pods mount and that guards them; what is only for Prometheus last, since a refusal
/// there must not keep nodes from running. `S` is
/// [`Prepared`] or [`Applied`].
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each field is the object of that name")]
pub struct Resources<S> {
    pub service_account: ServiceAccount,
    pub node_config: ConfigMap,
    pub network_policy: NetworkPolicy,
    pub client_service: Service,
    pub peer_service: Service,
    /// `None` where it must not be: the cluster is no data centre.
    pub gateway_service: Option<Service>,
    pub disruption_budget: PodDisruptionBudget,
    pub stateful_set: StatefulSet,
    /// `None` where it must not be: switched off, or unknown to the API server.
    pub service_monitor: Option<DynamicObject>,
    /// `None` where it must not be: switched off, or unknown to the API server.
    pub prometheus_rule: Option<DynamicObject>,
    pub state: PhantomData<S>,
}

/// Makes all objects, after the ring was published. The same input gives the same bytes.
#[must_use]
pub fn build(cluster: &ValidatedCluster, observed: &Observed) -> Resources<Prepared> {
    let rendering = restart::in_force(cluster, observed.stateful_set.as_ref());
    let node_config = node_config::config_map(cluster, &rendering, observed);
    Resources {
        service_account: service_account::service_account(cluster),
        network_policy: network_policy::network_policy(cluster, &node_config),
        node_config,
        client_service: services::clients(cluster),
        peer_service: services::peers(cluster),
        gateway_service: services::gateway(cluster),
        disruption_budget: disruption::disruption_budget(cluster),
        stateful_set: stateful_set::stateful_set(cluster, rendering, replicas::replicas(cluster, observed)),
        service_monitor: monitoring::service_monitor(cluster, observed.monitoring),
        prometheus_rule: monitoring::prometheus_rule(cluster, observed.monitoring),
        state: PhantomData,
    }
}

/// What every object has: its name, the labels, and the cluster as owner, so that it goes when the cluster goes.
fn metadata(cluster: &ValidatedCluster, name: impl Into<String>) -> ObjectMeta {
    owned(cluster.owner.clone(), &cluster.namespace, name.into())
}

fn owned(owner: OwnerReference, namespace: &str, name: String) -> ObjectMeta {
    ObjectMeta {
        name: Some(name),
        namespace: Some(namespace.to_owned()),
        labels: Some(labels::recommended(&owner.name)),
        owner_references: Some(vec![owner]),
        ..ObjectMeta::default()
    }
}
