//! What is known of the nodes by asking them, now and before.

use std::time::Duration;

use cloakroom_node_config::NodeReport;
use k8s_openapi::jiff::Timestamp;

/// What is known of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Whether it answers.
    pub voice: Voice,
    /// Its last answer, also if it is silent now; `None` if it never gave this operator one.
    pub report: Option<NodeReport>,
    /// The highest epoch at which it was known to be settled, also by what an earlier operator wrote down.
    pub settled: u64,
    /// It was taken out of the ring because it was silent, and has not been let in again.
    pub excluded: bool,
}

/// Whether a node answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// It does, and has for so long without a gap.
    Answers(Duration),
    /// It does not.
    Silent(Silence),
}

/// How long a node has been silent. A new pod of the name begins a new silence: it has yet to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// When it was first not heard, for people.
    pub since: Timestamp,
    /// How long ago that was.
    pub lasting: Duration,
    /// How long of it a majority of the ring answered all the time. Otherwise it is as likely the operator that cannot
    /// be heard.
    pub counted: Duration,
}

/// A hand-over of which nothing was seen to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standstill {
    /// When something last moved, for people.
    pub since: Timestamp,
    /// How long ago that was.
    pub lasting: Duration,
}

impl Heard {
    /// Its answer, if it answers now.
    #[must_use]
    pub fn current(&self) -> Option<&NodeReport> {
        match self.voice {
            Voice::Answers(_) => self.report.as_ref(),
            Voice::Silent(_) => None,
        }
    }
}
