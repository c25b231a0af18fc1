//! What an engine is like for everybody who asks it.

use cloakroom_node::backing::{Fault, FaultKind};

/// How an engine answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// As it should.
    #[default]
    Well,
    /// Its process is not there: connections are refused, and what was under way ends without an answer.
    Down,
    /// It answers what it has, and takes no writes.
    Refuses(FaultKind),
}

impl Condition {
    /// What it says instead of doing it.
    pub(super) fn refusal(self, writes: bool) -> Option<Fault> {
        match self {
            // Bad credentials keep readers out as well.
            Self::Refuses(kind) if writes || kind == FaultKind::Refused => {
                Some(Fault::new(kind, "as the simulation wants it"))
            }
            _ => None,
        }
    }
}
