//! Which volumes must grow, and whether the StatefulSet must be made anew for it.
//!
//! A StatefulSet's claim templates are immutable. So the claims are grown first, then the StatefulSet is deleted
//! without its pods and applied again with the new size; the pods go on serving and are taken over by the new one.

use k8s_openapi::{
    api::{apps::v1::StatefulSet, core::v1::PersistentVolumeClaimSpec},
    apimachinery::pkg::api::resource::Quantity,
};
use kube::ResourceExt;

use crate::{observed::Observed, quantity, validate::ValidatedCluster};

/// What growing takes; usually nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoragePlan {
    /// Claims to grow, in the order of their names.
    pub grow: Vec<Growth>,
    /// Whether the StatefulSet is deleted, leaving its pods, before it is applied.
    pub recreate_stateful_set: bool,
}

/// A claim that asks for less than the spec.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// Name of the claim.
    pub claim: String,
    /// What it asks for now.
    pub from: Quantity,
    /// What it shall ask for.
    pub to: Quantity,
}

/// Compares what is asked with what there is.
#[must_use]
pub fn plan(cluster: &ValidatedCluster, observed: &Observed) -> StoragePlan {
    let asked = &cluster.spec.storage.size;
    let smaller = |size: &Quantity| quantity::bytes(size).is_ok_and(|bytes| bytes < cluster.storage);
    let mut grow: Vec<Growth> = observed
        .claims
        .iter()
        .filter(|claim| claim.metadata.deletion_timestamp.is_none())
        .filter_map(|claim| {
            let from = requested(claim.spec.as_ref()?).filter(|size| smaller(size))?.clone();
            Some(Growth { claim: claim.name_any(), from, to: asked.clone() })
        })
        .collect();
    grow.sort_by(|one, other| one.claim.cmp(&other.claim));
    let template = observed.stateful_set.as_ref().and_then(template_size);
    StoragePlan { grow, recreate_stateful_set: template.is_some_and(smaller) }
}

/// What a claim asks for.
pub(crate) fn requested(claim: &PersistentVolumeClaimSpec) -> Option<&Quantity> {
    claim.resources.as_ref()?.requests.as_ref()?.get("storage")
}

fn template_size(stateful_set: &StatefulSet) -> Option<&Quantity> {
    let templates = stateful_set.spec.as_ref()?.volume_claim_templates.as_ref()?;
    requested(templates.first()?.spec.as_ref()?)
}
