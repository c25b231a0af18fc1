//! StorageReady: every volume has the size that is asked for.

use k8s_openapi::{api::core::v1::PersistentVolumeClaim, apimachinery::pkg::api::resource::Quantity};
use kube::ResourceExt;

use super::{
    Outcome,
    condition::Verdict,
    view::{View, list},
};
use crate::quantity;

pub(super) fn storage_ready(view: &View) -> Verdict {
    if let Outcome::Applied(_, storage) = view.outcome
        && !storage.refused.is_empty()
    {
        let claims: Vec<String> = storage.refused.iter().map(|refused| refused.claim.clone()).collect();
        return Verdict::no("GrowthRefused", format!("not let grow: {}", list(&claims)));
    }
    let unbound = claims(view, |claim| capacity(claim).is_none());
    if !unbound.is_empty() {
        return Verdict::no("NotBound", format!("waiting for a volume: {}", list(&unbound)));
    }
    let growing = growing(view);
    if !growing.is_empty() {
        return Verdict::no("Growing", format!("waiting to grow: {}", list(&growing)));
    }
    let asked = &view.cluster.spec.storage.size.0;
    match view.observed.claims.len() {
        0 if view.cluster.spec.replicas > 0 => Verdict::no("NoVolumes", "no volume exists yet"),
        0 => Verdict::yes("NoVolumes", "no volume is asked for"),
        _ => Verdict::yes("AsAsked", format!("every volume has {asked} or more")),
    }
}

/// Claims whose volume has less than is asked for.
pub(super) fn growing(view: &View) -> Vec<String> {
    let asked = quantity::bytes(&view.cluster.spec.storage.size).unwrap_or(0);
    claims(view, |claim| {
        let held = capacity(claim).and_then(|held| quantity::bytes(held).ok());
        held.is_some_and(|held| held < asked)
    })
}

fn claims(view: &View, which: impl Fn(&PersistentVolumeClaim) -> bool) -> Vec<String> {
    let mut names: Vec<String> =
        view.observed.claims.iter().filter(|claim| which(claim)).map(ResourceExt::name_any).collect();
    names.sort();
    names
}

fn capacity(claim: &PersistentVolumeClaim) -> Option<&Quantity> {
    claim.status.as_ref()?.capacity.as_ref()?.get("storage")
}
