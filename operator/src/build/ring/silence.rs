//! What becomes of a member that does not answer.

use std::time::Duration;

use cloakroom_node_config::BackingMode;
use cloakroom_ring::{Member, Ring, State, majority};

use super::facts::Facts;
use crate::heard::Silence;

/// How long a silent member keeps its sessions. Without a backing store they are on its volume, and the pod usually comes back;
/// written through, others stand in for it, and there is no hurry.
const RESTART_GRACE: Duration = Duration::from_secs(30);
/// The same where changes are written behind: its sessions wait in the backing store, and nobody may serve them from there
/// while it is a member. Longer than a container that is started again is silent.
const BACKED_GRACE: Duration = Duration::from_secs(5);

/// How long a member may be silent where nodes run with `backing`.
pub(super) fn grace(backing: Option<BackingMode>) -> Duration {
    match backing {
        Some(BackingMode::WriteBehind) => BACKED_GRACE,
        Some(BackingMode::WriteThrough) | None => RESTART_GRACE,
    }
}

/// What is to be done about a silent member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may come back in time.
    Wait,
    /// It had its time.
    Exclude,
    /// So few answer that it may be the operator who is cut off.
    TooFewAnswer,
    /// Other nodes hear it.
    HeardByOthers,
}

/// Whether so many voters of `ring` answer that those who do not are the fewer. An even ring has the operator as one
/// voter more: whoever wrote the ring has moved on from it.
pub(crate) fn majority_answers(ring: &Ring, answers: impl Fn(&str) -> bool) -> bool {
    let voters: Vec<&Member> = ring.voters().collect();
    let operator = usize::from(voters.len().is_multiple_of(2));
    let heard = voters.iter().filter(|voter| answers(&voter.name)).count();
    heard + operator >= majority(voters.len() + operator)
}

/// The members that are missed: silent, and not on their way out with nothing left to hand over. Of a cluster that
/// sleeps nobody is.
pub(crate) fn missed(ring: &Ring, facts: &Facts) -> Vec<(String, Silence, Verdict)> {
    if facts.replicas == 0 {
        return Vec::new();
    }
    let spent =
        |member: &Member| member.state == State::Draining && facts.has_settled(&member.name, ring.epoch);
    let missed = ring.members.iter().filter(|member| !spent(member));
    missed
        .filter_map(|member| {
            let silence = facts.silence(&member.name)?;
            Some((member.name.clone(), silence, verdict(ring, facts, &member.name, silence)))
        })
        .collect()
}

fn verdict(ring: &Ring, facts: &Facts, name: &str, silence: Silence) -> Verdict {
    if !majority_answers(ring, |name| facts.answers(name)) {
        Verdict::TooFewAnswer
    } else if silence.counted < facts.grace() {
        Verdict::Wait
    } else if facts.is_missed(name) {
        Verdict::Exclude
    } else {
        Verdict::HeardByOthers
    }
}
