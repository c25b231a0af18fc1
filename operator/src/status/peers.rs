//! PeersReachable: every node that could be asked reaches the other data centres.
//!
//! A data centre that is away calls for nobody here: its sessions go on from this one when they are asked for. So there is a
//! condition and an event, and the cluster is not `Degraded` by it.

use std::collections::BTreeMap;

use cloakroom_node_config::DataCentreReport;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::{
    condition::Verdict,
    degraded::{QUOTE, fits},
    view::{View, list},
};

/// `before` is what was said last: while the same nodes miss the same data centres it is said again, word for word, because
/// nodes word one failure in turns, and each turn would be a write.
pub(super) fn peers_reachable(before: Option<&Condition>, view: &View) -> Verdict {
    let said = said(view);
    let away = |quote: Option<&str>| -> Vec<String> {
        said.iter().filter_map(|(peer, reports)| away(peer, reports, quote)).collect()
    };
    let (named, pattern) = (away(None), away(Some(QUOTE)));
    if !named.is_empty() {
        let said = before.map(|before| &before.message).filter(|said| fits(said, &sentence(&pattern)));
        return Verdict::no("Unreachable", said.cloned().unwrap_or_else(|| sentence(&named)));
    }
    let spec = &view.cluster.spec;
    let names = spec.peers.iter().map(|peer| peer.name.clone());
    let (names, unheard): (Vec<String>, Vec<String>) =
        names.partition(|name| said.contains_key(name.as_str()));
    if !unheard.is_empty() {
        return Verdict::unknown("NotHeard", format!("no node says whether it reaches {}", list(&unheard)));
    }
    let (count, wanted) = (said.values().map(Vec::len).min().unwrap_or(0), spec.replicas);
    Verdict::yes("Reachable", format!("{count} of {wanted} nodes say that they reach {}", list(&names)))
}

/// What nodes say of each other data centre.
type Said<'a> = BTreeMap<&'a str, Vec<(String, &'a DataCentreReport)>>;

fn said<'a>(view: &View<'a>) -> Said<'a> {
    let mut said = Said::new();
    for node in &view.nodes {
        for report in view.observed.report(&node.name).iter().flat_map(|report| &report.data_centres) {
            said.entry(&report.name).or_default().push((node.name.clone(), report));
        }
    }
    said
}

/// Who does not reach `peer`, with the words of the first of them, unless `quote` is to stand for them: the others' are much the
/// same.
fn away(peer: &str, reports: &[(String, &DataCentreReport)], quote: Option<&str>) -> Option<String> {
    let away: Vec<_> = reports.iter().filter(|(_, report)| !report.reachable).collect();
    let (_, first) = away.first()?;
    let names: Vec<String> = away.iter().map(|(name, _)| name.clone()).collect();
    let problem = quote.or(first.problem.as_deref()).unwrap_or("no answer");
    Some(format!("{peer} is not reached by {} ({problem})", list(&names)))
}

fn sentence(away: &[String]) -> String {
    format!(
        "{}: sessions that live there go on here when they are asked for; look at spec.dataCentre.gateway of both sides, whom it \
         admits and what is in its Secrets, and at the network between them",
        away.join("; ")
    )
}
