//! A verb that did not come to an answer, after all tries.

use std::net::SocketAddr;
use std::time::Duration;

use crate::{Error, Side, Verb};

/// No answer, after all that could be tried. It says why, whose fault it is, and what may be done about it.
#[derive(Debug, thiserror::Error)]
#[error("cannot {} the session: {cause}{}; {}", verb.name(), tried(*attempts, *budget_spent), cause.advice())]
pub struct Failure {
    #[source]
    pub(crate) cause: Cause,
    pub(crate) verb: Verb,
    pub(crate) attempts: u32,
    pub(crate) budget_spent: bool,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// Discovery shows no node.
    #[error("no node is known")]
    NoServers,
    /// There was no time left to ask anybody.
    #[error("no time was left to ask a node")]
    Late,
    /// No node could be connected to.
    #[error("no node can be reached, at last: {0}")]
    Unreachable(#[source] Error),
    /// All connections to the node were in use.
    #[error("all {limit} connections to {server} are in use, and none came free within {waited:?}")]
    Busy {
        /// The node.
        server: SocketAddr,
        /// `Settings::connections`.
        limit: usize,
        /// `Settings::connection_wait`.
        waited: Duration,
    },
    /// Nodes asked to be asked again, until there was no time left: who has the session cannot be reached.
    #[error("the node that has the session is away, and the others wait for it")]
    Held,
    /// A read was sent and not answered.
    #[error("no node answered, at last: {0}")]
    Unanswered(#[source] Error),
    /// A write was sent and not answered, and looking at the session did not tell whether it was done.
    #[error("it was asked for, but no answer came: {0}")]
    Unknown(#[source] Error),
    /// The request itself is wrong.
    #[error("{0}")]
    Refused(#[source] Error),
    /// What answers is no session node.
    #[error("{0}")]
    NotANode(#[source] Error),
}

/// What trying once more would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Nothing was changed: try again.
    Safe,
    /// The session may have been changed: read it, then decide.
    LookFirst,
    /// The same request fails the same way.
    Never,
}

impl Failure {
    /// Why there is no answer.
    #[must_use]
    pub const fn cause(&self) -> &Cause {
        &self.cause
    }

    /// What was asked for.
    #[must_use]
    pub const fn verb(&self) -> Verb {
        self.verb
    }

    /// How often nodes were asked.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Whose fault it is.
    #[must_use]
    pub const fn side(&self) -> Side {
        match &self.cause {
            Cause::NoServers
            | Cause::Late
            | Cause::Unreachable(_)
            | Cause::Unanswered(_)
            | Cause::Unknown(_) => Side::Network,
            Cause::Busy { .. } | Cause::Refused(_) => Side::Caller,
            Cause::Held | Cause::NotANode(_) => Side::Server,
        }
    }

    /// Whether and how it may be tried again.
    #[must_use]
    pub const fn retry(&self) -> Retry {
        match &self.cause {
            Cause::NoServers
            | Cause::Late
            | Cause::Unreachable(_)
            | Cause::Busy { .. }
            | Cause::Held
            | Cause::Unanswered(_) => Retry::Safe,
            Cause::Unknown(_) => Retry::LookFirst,
            Cause::Refused(_) | Cause::NotANode(_) => Retry::Never,
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn advice(&self) -> &'static str {
        self.cause.advice()
    }
}

impl Cause {
    const fn advice(&self) -> &'static str {
        match self {
            Self::Late => "nothing was changed: try again, or raise Settings::total",
            Self::NoServers => "nothing was changed: see whether the cluster has ready nodes, then try again",
            Self::Unreachable(_) => {
                "nothing was changed: see whether nodes run and are reachable, then try again"
            }
            Self::Busy { .. } => {
                "nothing was changed: let fewer requests run at once, or raise Settings::connections"
            }
            Self::Held => "nothing was changed: try again when the cluster has settled",
            Self::Unanswered(_) => "no content was changed: try again",
            Self::Unknown(_) => "read the session to see whether it was done, before you ask for it again",
            Self::Refused(_) => "correct the request",
            Self::NotANode(_) => "see which program listens at the address",
        }
    }
}

fn tried(attempts: u32, budget_spent: bool) -> String {
    let times = match attempts {
        0 => return String::new(),
        1 => "once".to_owned(),
        more => format!("{more} times"),
    };
    let spent = if budget_spent { ", and no more because most requests fail" } else { "" };
    format!(" (tried {times}{spent})")
}
