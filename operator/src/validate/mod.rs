//! What the API server's rules cannot see, judged before anything is built: a [`ValidatedCluster`] is the proof.

mod refusal;
mod rules;

use std::time::Duration;

use cloakroom_crds::{SessionCluster, SessionClusterSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::{Resource, ResourceExt};

pub use refusal::{BEING_REMOVED, Refusal, Refusals};

use crate::{names, observed::Observed, settings::Settings};

/// A cluster that can be built. Amounts are in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidatedCluster {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) owner: OwnerReference,
    pub(crate) spec: SessionClusterSpec,
    /// The spec's image, else the operator's.
    pub(crate) image: String,
    /// Namespace of the operator's pods.
    pub(crate) operator_namespace: String,
    pub(crate) state_port: u16,
    pub(crate) hot_tier: u64,
    pub(crate) storage: u64,
    /// The container's memory limit, if it has one.
    pub(crate) memory: Option<u64>,
    /// How long a change may wait for the backing store, if there is one.
    pub(crate) window: Option<Duration>,
    /// What its sessions are stored as: that of its data centre, else its own name.
    pub(crate) group: String,
    /// After how long sessions go back to a data centre that can be reached again; `None` for never.
    pub(crate) swing_back_after: Option<Duration>,
    /// How long a key of the location cookie seals.
    pub(crate) rotate_every: Duration,
}

/// Judges everything, so that one look shows all there is to correct.
///
/// # Errors
/// All [`Refusals`].
pub fn validate(
    cluster: &SessionCluster,
    observed: &Observed,
    settings: &Settings,
) -> Result<ValidatedCluster, Refusals> {
    let spec = &cluster.spec;
    let mut rules = rules::Rules::default();
    rules.names_are_free(&observed.strangers);
    rules.backing_store_stays(cluster);
    let group = names::group(cluster);
    rules.sessions_are_found(cluster, &group);
    rules.peer_key_is_one(&cluster.name_any(), observed.peer_key.as_ref());
    let hot_tier = rules.amount("spec.hotTier.size", &spec.hot_tier.size);
    let storage = rules.amount("spec.storage.size", &spec.storage.size);
    rules.hot_tier_fits(hot_tier);
    let limit = spec.pod_template.resources.limits.as_ref().and_then(|limits| limits.get("memory"));
    let memory = limit.map(|limit| rules.amount("spec.podTemplate.resources.limits.memory", limit));
    let window =
        spec.backing_store.as_ref().map(|store| rules.time("spec.backingStore.window", &store.window, "1s"));
    let swing_back_after = spec.data_centre.as_ref().and_then(|place| place.swing_back_after.as_ref());
    let swing_back_after =
        swing_back_after.map(|after| rules.time("spec.dataCentre.swingBackAfter", after, "10m"));
    let rotate_every = rules.time("spec.locationKeys.rotateEvery", &spec.location_keys.rotate_every, "30d");
    let validated = ValidatedCluster {
        name: cluster.name_any(),
        namespace: cluster.namespace().unwrap_or_default(),
        owner: cluster.controller_owner_ref(&()).expect("the API server gives every object a name and a uid"),
        spec: spec.clone(),
        image: spec.image.clone().unwrap_or_else(|| settings.node_image.clone()),
        operator_namespace: settings.namespace.clone(),
        state_port: rules.port(spec.state.port),
        hot_tier,
        storage,
        memory,
        window,
        group,
        swing_back_after,
        rotate_every,
    };
    rules.nodes_accept(&validated);
    rules.names_are_vacated(&observed.strangers);
    rules.verdict(validated)
}

#[cfg(test)]
mod tests;
