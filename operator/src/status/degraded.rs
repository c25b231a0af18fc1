//! Degraded: something needs a person, and the message says what to do.

use super::{
    Outcome, StorageOutcome,
    condition::Verdict,
    view::{View, list},
};

/// Problems told in full; the rest are counted.
const SHOWN: usize = 5;

/// Without a view, what went wrong with the reconcile is all that is known.
pub(super) fn degraded(view: Option<&View>, outcome: &Outcome) -> Verdict {
    let mut problems: Vec<(&'static str, String)> = Vec::new();
    match outcome {
        Outcome::Refused(refusals) => {
            problems.extend(refusals.iter().map(|refusal| (refusal.reason, refusal.message.clone())));
        }
        Outcome::Failed { step, message } => problems.push(("ReconcileFailed", format!("{step}: {message}"))),
        Outcome::Applied(_, storage) => problems.extend(volumes(storage)),
        Outcome::Paused => {}
    }
    if let Some(view) = view {
        problems.extend(view.troubles.iter().map(|(_, trouble)| (trouble.reason, trouble.message.clone())));
    }
    let Some((reason, _)) = problems.first() else {
        return match view {
            Some(_) => Verdict::no("AsExpected", "nothing needs attention"),
            None => Verdict::unknown("NotObserved", "could not be looked at"),
        };
    };
    let told = problems.iter().take(SHOWN).map(|(_, message)| message.as_str());
    let mut message = told.collect::<Vec<_>>().join("; ");
    if let Some(more @ 1..) = problems.len().checked_sub(SHOWN) {
        message.push_str(&format!("; and {more} more"));
    }
    Verdict::yes(reason, message)
}

/// One problem for all claims: they are of one class, and the API server says the same of each.
fn volumes(storage: &StorageOutcome) -> Option<(&'static str, String)> {
    let said = &storage.refused.first()?.message;
    let claims: Vec<String> = storage.refused.iter().map(|refused| refused.claim.clone()).collect();
    let message = format!(
        "not let grow: {} ({said}); set allowVolumeExpansion: true on their StorageClass if its driver can, and it is \
         tried again",
        list(&claims)
    );
    Some(("VolumeCannotGrow", message))
}
