//! Each rule once, with the sentence it refuses with.

use cloakroom_crds::SessionClusterSpec;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::{Refusal, Refusals, ValidatedCluster};
use crate::{build::node_config, observed::Stranger, quantity};

/// What was found so far. A rule that must go on with a value it could not read goes on with 0 or nothing, which
/// nobody sees: [`Rules::verdict`] gives a cluster only if nothing was found.
#[derive(Default)]
pub(super) struct Rules(Vec<Refusal>);

impl Rules {
    pub(super) fn names_are_free(&mut self, strangers: &[Stranger]) {
        for Stranger { kind, name, owner } in strangers {
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

    pub(super) fn nothing_is_reserved(&mut self, spec: &SessionClusterSpec) {
        if spec.backing_store.is_some() {
            self.refuse(
                "NotAvailable",
                "spec.backingStore is not available in this release: remove it; sessions are kept on the nodes' volumes",
            );
        }
        if spec.tls.is_some() {
            self.refuse(
                "NotAvailable",
                "spec.tls is not available in this release: remove it; the NetworkPolicy decides who reaches the nodes",
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

    /// Ranges that only the nodes know. Told only if all amounts could be read.
    pub(super) fn nodes_accept(&mut self, cluster: &ValidatedCluster) {
        if !self.0.is_empty() {
            return;
        }
        if let Err(problems) = node_config::settings(cluster).validate() {
            for problem in problems {
                self.refuse(
                    "NodesRefuse",
                    format!("the nodes would refuse what follows from this spec: {problem}"),
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
