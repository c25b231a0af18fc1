//! Conditions as Kubernetes wants them: the time is that of the last change of their status.

use k8s_openapi::{
    apimachinery::pkg::apis::meta::v1::{Condition, Time},
    jiff::Timestamp,
};

/// What a condition says now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    status: &'static str,
    reason: &'static str,
    message: String,
}

impl Verdict {
    pub(super) fn yes(reason: &'static str, message: impl Into<String>) -> Self {
        Self { status: "True", reason, message: message.into() }
    }

    pub(super) fn no(reason: &'static str, message: impl Into<String>) -> Self {
        Self { status: "False", reason, message: message.into() }
    }

    pub(super) fn unknown(reason: &'static str, message: impl Into<String>) -> Self {
        Self { status: "Unknown", reason, message: message.into() }
    }
}

/// The conditions to write. A status that is still the same keeps its time, or else every write would differ from
/// the one before and bring about the next.
pub(super) fn conditions(
    before: &[Condition],
    verdicts: impl IntoIterator<Item = (&'static str, Verdict)>,
    generation: Option<i64>,
    now: Timestamp,
) -> Vec<Condition> {
    let condition = |(type_, verdict): (&'static str, Verdict)| {
        let last = before.iter().find(|last| last.type_ == type_ && last.status == verdict.status);
        Condition {
            type_: type_.to_owned(),
            status: verdict.status.to_owned(),
            reason: verdict.reason.to_owned(),
            message: verdict.message,
            last_transition_time: last.map_or(Time(now), |last| last.last_transition_time.clone()),
            observed_generation: generation,
        }
    };
    verdicts.into_iter().map(condition).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_moves_with_the_status_alone() {
        let (then, now) = (Timestamp::from_second(1_000), Timestamp::from_second(2_000));
        let (then, now) = (then.unwrap(), now.unwrap());
        let before = conditions(&[], [("Ready", Verdict::no("Starting", "1 of 3"))], Some(1), then);
        assert_eq!(before[0].last_transition_time, Time(then), "a first condition is new");
        for (verdict, expected) in [
            (Verdict::no("Starting", "1 of 3"), then),
            (Verdict::no("Other", "2 of 3"), then),
            (Verdict::yes("AllNodesServe", "3 of 3"), now),
            (Verdict::unknown("NotObserved", ""), now),
        ] {
            let after = conditions(&before, [("Ready", verdict.clone())], Some(2), now);
            assert_eq!(after[0].last_transition_time, Time(expected), "{verdict:?}");
            assert_eq!((after[0].reason.as_str(), after[0].observed_generation), (verdict.reason, Some(2)));
        }
        let other = conditions(&before, [("Degraded", Verdict::no("AsExpected", ""))], Some(1), now);
        assert_eq!(other[0].last_transition_time, Time(now), "another type's time says nothing");
    }
}
