//! StorageReady: every volume that a wanted node uses has the size that is asked for.
//!
//! The volumes of removed nodes are not judged: a driver binds and grows a volume when a pod mounts it, and that may
//! be never. What the API server lets grow is grown all the same.

use k8s_openapi::{api::core::v1::PersistentVolumeClaim, apimachinery::pkg::api::resource::Quantity};
use kube::ResourceExt;

use super::{
    Outcome,
    condition::Verdict,
    view::{View, list},
};
use crate::{names, quantity};

pub(super) fn storage_ready(view: &View) -> Verdict {
    if view.cluster.spec.replicas == 0 {
        return Verdict::unknown(
            "Hibernated",
            "spec.replicas is 0: volumes are judged when nodes are wanted again",
        );
    }
    if let Outcome::Applied(_, shortfall) = view.outcome {
        let refused = |name: &str| shortfall.volumes.iter().any(|refused| refused.claim == name);
        let refused = claims(view, |claim| refused(&claim.name_any()));
        if !refused.is_empty() {
            return Verdict::no("GrowthRefused", format!("not let grow: {}", list(&refused)));
        }
    }
    let unbound = claims(view, |claim| capacity(claim).is_none());
    if !unbound.is_empty() {
        return Verdict::no("NotBound", format!("waiting for a volume: {}", list(&unbound)));
    }
    let growing = growing(view);
    if !growing.is_empty() {
        return Verdict::no("Growing", format!("waiting to grow: {}", list(&growing)));
    }
    if claims(view, |_| true).is_empty() {
        return Verdict::unknown("NoVolumes", "no volume exists yet");
    }
    let asked = &view.cluster.spec.storage.size.0;
    Verdict::yes("AsAsked", format!("every volume has {asked} or more"))
}

/// Claims whose volume has less than is asked for.
pub(super) fn growing(view: &View) -> Vec<String> {
    let asked = quantity::bytes(&view.cluster.spec.storage.size).unwrap_or(0);
    claims(view, |claim| {
        let held = capacity(claim).and_then(|held| quantity::bytes(held).ok());
        held.is_some_and(|held| held < asked)
    })
}

/// Those of the wanted nodes, in the nodes' order.
fn claims(view: &View, which: impl Fn(&PersistentVolumeClaim) -> bool) -> Vec<String> {
    let claim = |node: String| {
        let name = names::claim(&node);
        view.observed.claims.iter().find(|claim| claim.name_any() == name)
    };
    let wanted = view.wanted().filter_map(|(node, _)| claim(node));
    wanted.filter(|claim| which(claim)).map(ResourceExt::name_any).collect()
}

fn capacity(claim: &PersistentVolumeClaim) -> Option<&Quantity> {
    claim.status.as_ref()?.capacity.as_ref()?.get("storage")
}
