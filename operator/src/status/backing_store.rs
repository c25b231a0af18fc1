//! BackingStoreReachable: every node that could be asked reaches the backing store.

use std::time::Duration;

use cloakroom_crds::{BackingStoreStatus, SessionCluster};
use cloakroom_node_config::{BackingMode, BackingReport};

use super::{
    Outcome,
    condition::Verdict,
    view::{View, list},
};

use crate::{build, names};

/// An engine that fails over is back within it; after that a person should look.
const TOLD_AFTER: Duration = Duration::from_secs(30);

/// What the nodes have been told to use: that of the spec once it is applied, and until then the one before.
pub(super) fn in_force(
    before: Option<BackingStoreStatus>,
    cluster: &SessionCluster,
    outcome: &Outcome,
) -> Option<BackingStoreStatus> {
    match outcome {
        Outcome::Applied(..) => cluster.spec.backing_store.as_ref().map(|store| {
            let group = Some(names::group(cluster)).filter(|group| *group != names::own_group(cluster));
            BackingStoreStatus { mode: store.mode, key_prefix: group.map(|group| build::key_prefix(&group)) }
        }),
        Outcome::Paused | Outcome::Refused(_) | Outcome::Failed { .. } => before,
    }
}

pub(super) fn backing_store_reachable(view: &View) -> Verdict {
    let said = said(view);
    let away = away(&said);
    let Some((_, first)) = said.first() else {
        return Verdict::unknown("NotHeard", "no node says whether it reaches the backing store");
    };
    let (engine, count) = (&first.engine, said.len());
    if let Some(trouble) = Trouble::of(&away) {
        return Verdict::no("Unreachable", trouble.sentence(|problem| problem));
    }
    if said.iter().any(|(_, report)| report.degraded) {
        return Verdict::yes(
            "CatchingUp",
            format!("{engine} is reached again, and what it missed is being written to it"),
        );
    }
    let wanted = view.cluster.spec.replicas;
    Verdict::yes("Reachable", format!("{count} of {wanted} nodes say that they reach {engine}"))
}

/// A sentence for people about nodes that have not reached the engine for a while; `said` gives what stands for the nodes'
/// own words in it.
pub(super) fn problem(view: &View, said: impl Fn(&str) -> &str) -> Option<String> {
    let reports = self::said(view);
    let mut away = away(&reports);
    away.retain(|(_, report)| Duration::from_secs(report.since_seconds) >= TOLD_AFTER);
    let trouble = Trouble::of(&away)?;
    Some(format!(
        "{}; look at the engine, at what is in the Secrets that spec.backingStore names, and at what filters its port",
        trouble.sentence(said)
    ))
}

type Said<'a> = Vec<(String, &'a BackingReport)>;

fn said<'a>(view: &View<'a>) -> Said<'a> {
    let report = |name: &String| view.observed.report(name)?.backing.as_ref();
    let names = view.nodes.iter().map(|node| node.name.clone());
    names.filter_map(|name| report(&name).map(|report| (name, report))).collect()
}

fn away<'a>(said: &Said<'a>) -> Said<'a> {
    said.iter().filter(|(_, report)| !report.reachable).cloned().collect()
}

/// Nodes that do not reach the engine, and the report of the first of them: the others' are much the same.
struct Trouble<'a> {
    names: Vec<String>,
    report: &'a BackingReport,
}

impl<'a> Trouble<'a> {
    fn of(away: &Said<'a>) -> Option<Self> {
        let (_, report) = away.first()?;
        Some(Self { names: away.iter().map(|(name, _)| name.clone()).collect(), report })
    }

    fn sentence(&self, said: impl Fn(&str) -> &str) -> String {
        let Self { names, report } = self;
        let BackingReport { engine, mode, degraded, problem, .. } = report;
        let problem = problem.as_deref().unwrap_or("no answer");
        let meanwhile = match (mode, degraded) {
            (BackingMode::WriteThrough, false) => "requests wait for it, and fail in the end",
            (BackingMode::WriteBehind, _) | (BackingMode::WriteThrough, true) => {
                "requests are answered without it, and changes wait on the volumes"
            }
        };
        format!("{} cannot use {engine} ({}): {meanwhile}", list(names), said(problem))
    }
}
