//! Degraded: something needs a person, and the message says what to do.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt as _;

use super::{
    Outcome, RefusedGrowth, backing_store,
    condition::Verdict,
    hand_over,
    view::{View, list},
};
use crate::{
    names,
    trouble::Trouble,
    validate::{BEING_REMOVED, Refusal},
};

/// Problems told in full; the rest are counted.
const SHOWN: usize = 5;

/// Stands for what Kubernetes said; no sentence of ours has it.
pub(super) const QUOTE: &str = "\0";

/// A reason for calling a person.
struct Problem {
    reason: &'static str,
    message: String,
    /// The message with [`QUOTE`] in the place of each quote.
    pattern: String,
}

impl Problem {
    fn new(reason: &'static str, message: String) -> Self {
        Self { reason, pattern: message.clone(), message }
    }
}

impl From<&Trouble> for Problem {
    fn from(trouble: &Trouble) -> Self {
        let (message, pattern) = (trouble.sentence(|said| said), trouble.sentence(|_| QUOTE));
        Self { reason: trouble.reason, message, pattern }
    }
}

/// Without a view, what went wrong with the reconcile is all that is known. `before` is what was said last: while
/// the same pods are in the same trouble it is said again, word for word, because Kubernetes words one failure in
/// turns, and each turn would be a write and an event.
pub(super) fn degraded(
    before: Option<&Condition>,
    generation: Option<i64>,
    view: Option<&View>,
    outcome: &Outcome,
) -> Verdict {
    let mut problems: Vec<Problem> = Vec::new();
    match outcome {
        Outcome::Refused(refusals) => {
            let problem = |refusal: &Refusal| Problem::new(refusal.reason, refusal.message.clone());
            problems.extend(refusals.iter().filter(|refusal| refusal.reason != BEING_REMOVED).map(problem));
        }
        Outcome::Failed { step, message } => {
            problems.push(Problem::new("ReconcileFailed", format!("{step}: {message}")));
        }
        Outcome::Applied(_, shortfall) => {
            problems.extend(volumes(&shortfall.volumes));
            let unmonitored = shortfall.monitoring.clone();
            problems.extend(unmonitored.map(|message| Problem::new("MonitoringRefused", message)));
            let unrotated = shortfall.location_keys.clone();
            problems.extend(unrotated.map(|message| Problem::new("LocationKeysRefused", message)));
        }
        Outcome::Paused => {}
    }
    if let Some(view) = view {
        problems.extend(view.troubles.iter().map(|(_, trouble)| Problem::from(trouble)));
        problems.extend(engine(view));
        problems.extend(location_keys(view));
        // After what is wrong with pods, which is often the reason.
        let of_the_ring = hand_over::problems(view).into_iter();
        problems.extend(of_the_ring.map(|(reason, message)| Problem::new(reason, message)));
    }
    let Some(Problem { reason, .. }) = problems.first() else {
        return match view {
            Some(_) => Verdict::no("AsExpected", "nothing needs attention"),
            None => Verdict::unknown("NotObserved", "could not be looked at"),
        };
    };
    // A changed spec is somebody's answer to what was said, and deserves fresh words.
    let said = before.filter(|before| {
        before.status == "True" && before.reason == *reason && before.observed_generation == generation
    });
    let pattern = told(&problems, |problem| &problem.pattern);
    let again = said.map(|said| &said.message).filter(|message| fits(message, &pattern));
    let message = again.cloned().unwrap_or_else(|| told(&problems, |problem| &problem.message));
    Verdict::yes(reason, message)
}

fn told(problems: &[Problem], text: impl Fn(&Problem) -> &str) -> String {
    let mut told = problems.iter().take(SHOWN).map(text).collect::<Vec<_>>().join("; ");
    if let Some(more @ 1..) = problems.len().checked_sub(SHOWN) {
        told.push_str(&format!("; and {more} more"));
    }
    told
}

/// Whether `text` is `pattern` with something in the place of each [`QUOTE`].
pub(super) fn fits(text: &str, pattern: &str) -> bool {
    let mut pieces = pattern.split(QUOTE);
    let Some(rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let rest = pieces.try_fold(rest, |rest, piece| rest.split_once(piece).map(|(_, rest)| rest));
    rest.is_some_and(str::is_empty)
}

fn engine(view: &View) -> Option<Problem> {
    let (message, pattern) =
        (backing_store::problem(view, |said| said)?, backing_store::problem(view, |_| QUOTE)?);
    Some(Problem { reason: "BackingStoreUnreachable", message, pattern })
}

fn location_keys(view: &View) -> Option<Problem> {
    let fault = view.observed.location_keys.as_ref()?.as_ref().err()?;
    let name = names::location_keys(&view.cluster.name_any());
    let message = format!(
        "Secret {name} is not the keys of the location cookie ({fault}): put back what it was, or delete it, and new keys are \
         made, which open no cookie of before"
    );
    Some(Problem::new("LocationKeysUnusable", message))
}

/// One problem for all claims: they are of one class, and the API server says the same of each.
fn volumes(refused: &[RefusedGrowth]) -> Option<Problem> {
    let said = &refused.first()?.message;
    let claims: Vec<String> = refused.iter().map(|refused| refused.claim.clone()).collect();
    let message = format!(
        "not let grow: {} ({said}); set allowVolumeExpansion: true on their StorageClass if its driver can, and it is \
         tried again",
        list(&claims)
    );
    Some(Problem::new("VolumeCannotGrow", message))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn only_quotes_may_differ() {
        let pattern =
            "shop-1 cannot get image mine:1 (\0): correct it; shop-2 finds no machine (\0): make room";
        for (text, expected) in [
            (
                "shop-1 cannot get image mine:1 (): correct it; shop-2 finds no machine (a; (b): c): make room",
                true,
            ),
            (
                "shop-1 cannot get image mine:1 (a): correct it; shop-2 finds no machine (b): make room; more",
                false,
            ),
            ("shop-1 cannot get image mine:1 (a): correct it; shop-3 finds no machine (b): make room", false),
            ("shop-1 cannot get image mine:2 (a): correct it; shop-2 finds no machine (b): make room", false),
            ("shop-2 finds no machine (b): make room", false),
            ("", false),
        ] {
            assert_eq!(fits(text, pattern), expected, "{text}");
        }
        assert!(fits("nothing is quoted", "nothing is quoted"));
        assert!(!fits("nothing is quoted here", "nothing is quoted"));
    }
}
