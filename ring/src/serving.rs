//! Which members of a ring serve: they own the sessions, and they vote on who may go on.

use crate::member::{Former, Member, State};

/// What is known of a member in a ring of any epoch.
pub(crate) trait Stands {
    fn name(&self) -> &str;
    fn state(&self) -> State;
}

impl Stands for Member {
    fn name(&self) -> &str {
        &self.name
    }

    fn state(&self) -> State {
        self.state
    }
}

impl Stands for Former {
    fn name(&self) -> &str {
        &self.name
    }

    fn state(&self) -> State {
        self.state
    }
}

/// Indices of the Active members; of all, if none is: a lone draining node goes on serving.
pub(crate) fn serving(members: &[impl Stands]) -> Vec<usize> {
    let active: Vec<usize> =
        (0..members.len()).filter(|index| members[*index].state() == State::Active).collect();
    if active.is_empty() { (0..members.len()).collect() } else { active }
}
