//! Each rule once, with the sentence it refuses with.

use std::time::Duration;

use cloakroom_crds::{ALLOW_DOWNGRADE, SessionCluster};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::ResourceExt;

use super::{BEING_REMOVED, Refusal, Refusals, ValidatedCluster};
use crate::{
    build::{self, node_config},
    names,
    observed::Stranger,
    peer_key::{NoPeerKey, PeerKey},
    quantity,
};

/// The most that a node's configuration admits.
const HOT_TIER_MOST: u64 = 1 << 40;

/// What was found so far. A rule that must go on with a value it could not read goes on with 0 or nothing, which
/// nobody sees: [`Rules::verdict`] gives a cluster only if nothing was found.
#[derive(Default)]
pub(super) struct Rules(Vec<Refusal>);

impl Rules {
    pub(super) fn names_are_free(&mut self, strangers: &[Stranger]) {
        for Stranger { kind, name, owner, .. } in strangers.iter().filter(|stranger| !stranger.going) {
            let whose =
                owner.as_ref().map_or_else(|| "has no owner".to_owned(), |owner| format!("is {owner}'s"));
            self.refuse(
                "NameTaken",
                format!(
                    "{kind} {name} exists and {whose}: delete it, or give the SessionCluster another name"
                ),
            );
        }
    }

    /// Told only if there is nothing else to do than wait.
    pub(super) fn names_are_vacated(&mut self, strangers: &[Stranger]) {
        let leaving = if self.0.is_empty() { strangers } else { &[] };
        for Stranger { kind, name, .. } in leaving.iter().filter(|stranger| stranger.going) {
            self.refuse(
                BEING_REMOVED,
                format!(
                    "{kind} {name} of a former cluster is still being removed: wait; if it stays, look at its \
                     finalizers and whether the garbage collector (kube-controller-manager) runs"
                ),
            );
        }
    }

    /// Behind `WriteThrough` nodes may have nothing on their volumes, and nothing on these tells what is missing.
    pub(super) fn backing_store_stays(&mut self, cluster: &SessionCluster) {
        let told = cluster.status.as_ref().and_then(|status| status.backing_store.as_ref());
        let in_force = told.map(|told| told.mode);
        let asked = cluster.spec.backing_store.as_ref().map(|store| store.mode);
        let Some(mode) = in_force.filter(|_| asked < in_force && !allows_loss(cluster)) else { return };
        let step = asked.map_or_else(
            || "spec.backingStore cannot be removed".to_owned(),
            |asked| format!("spec.backingStore.mode cannot go back from {mode:?} to {asked:?}"),
        );
        let name = cluster.name_any();
        self.refuse(
            "BackingStoreDowngrade",
            format!(
                "{step}, because sessions that only the backing store has would be lost: put back mode {mode:?}; or, to lose \
                 them, `kubectl annotate scl {name} {ALLOW_DOWNGRADE}=true`, and remove the annotation afterwards"
            ),
        );
    }

    /// Under other keys nodes would find none of what is stored, and every user be a new one.
    pub(super) fn sessions_are_found(&mut self, cluster: &SessionCluster, group: &str) {
        let told = cluster.status.as_ref().and_then(|status| status.backing_store.as_ref());
        let Some(told) = told.filter(|_| cluster.spec.backing_store.is_some() && !allows_loss(cluster))
        else {
            return;
        };
        let own = || build::key_prefix(&names::own_group(cluster));
        let in_force = told.key_prefix.clone().unwrap_or_else(own);
        if in_force == build::key_prefix(group) {
            return;
        }
        let (name, former) = (cluster.name_any(), in_force.trim_end_matches('/'));
        self.refuse(
            "SessionsLeftBehind",
            format!(
                "what is stored belongs to the group {former}, and nodes of the group {group} would find none of it: write \
                 spec.dataCentre.group: {former}, here and in the other data centres; or, to lose the sessions, `kubectl \
                 annotate scl {name} {ALLOW_DOWNGRADE}=true`, and remove the annotation afterwards"
            ),
        );
    }

    /// 0 if it cannot be read.
    pub(super) fn time(&mut self, field: &str, text: &str, example: &str) -> Duration {
        humantime::parse_duration(text).unwrap_or_else(|fault| {
            self.refuse(
                "InvalidTime",
                format!("{field}: `{text}` is not a time ({fault}); write for example {example}"),
            );
            Duration::ZERO
        })
    }

    /// The key that the nodes share is never written over: running nodes would not know it.
    pub(super) fn peer_key_is_one(&mut self, cluster: &str, key: Option<&Result<PeerKey, NoPeerKey>>) {
        if let Some(Err(fault)) = key {
            let name = names::peer_key(cluster);
            self.refuse(
                "PeerKeyUnusable",
                format!(
                    "Secret {name} is not the key that the nodes share ({fault}): put back what it was, or delete it, \
                     and a new one is made; then delete the cluster's pods, all at once"
                ),
            );
        }
    }

    /// Bytes of an amount, 0 if it cannot be read.
    pub(super) fn amount(&mut self, field: &str, amount: &Quantity) -> u64 {
        quantity::bytes(amount).unwrap_or_else(|fault| {
            self.refuse("InvalidAmount", format!("{field}: {fault}"));
            0
        })
    }

    pub(super) fn port(&mut self, port: i32) -> u16 {
        u16::try_from(port).unwrap_or_else(|_| {
            self.refuse("InvalidPort", format!("spec.state.port: {port} is not a port; write 1024 to 65535"));
            0
        })
    }

    pub(super) fn hot_tier_fits(&mut self, bytes: u64) {
        if bytes > HOT_TIER_MOST {
            self.refuse(
                "HotTierTooLarge",
                "spec.hotTier.size: nodes keep at most 1Ti in memory; write 1Ti or less",
            );
        }
    }

    /// What else the nodes would not run with, which would be a fault of this operator: people set none of it. Told only
    /// if all amounts could be read.
    pub(super) fn nodes_accept(&mut self, cluster: &ValidatedCluster) {
        if !self.0.is_empty() {
            return;
        }
        if let Err(problems) = node_config::settings(cluster).validate() {
            for problem in problems {
                self.refuse(
                    "NodesRefuse",
                    format!("the nodes would refuse what this operator makes of the spec: {problem}"),
                );
            }
        }
    }

    pub(super) fn verdict(self, cluster: ValidatedCluster) -> Result<ValidatedCluster, Refusals> {
        match Refusals::new(self.0) {
            Some(refusals) => Err(refusals),
            None => Ok(cluster),
        }
    }

    fn refuse(&mut self, reason: &'static str, message: impl Into<String>) {
        self.0.push(Refusal { reason, message: message.into() });
    }
}

/// Whether somebody wants to lose what is stored.
fn allows_loss(cluster: &SessionCluster) -> bool {
    cluster.annotations().get(ALLOW_DOWNGRADE).is_some_and(|value| value == "true")
}
