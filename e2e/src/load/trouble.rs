//! What can go wrong: what a user sees, and what nobody may ever see.

use std::fmt;

use cloakroom_client::{Cause, Error};

/// A request that failed.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    pub(super) failure: Failure,
    /// In words.
    pub(super) what: String,
}

/// A request that a page fails with, or a write that is silently not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// No connection came about.
    NotConnected,
    /// The connection ended before the answer.
    Closed,
    /// No answer within 10 s.
    Unanswered,
    /// 400.
    BadRequest,
    /// An answer that is none of the protocol.
    Unreadable,
    /// A write, release, removal or touch was answered 404, although the session must be there.
    NotThere,
    /// The holder of a lock was answered 423.
    NotTheHolder,
    /// The page waited for a session as long as pages may run.
    GivenUp,
    /// More pages under way than the generator can carry.
    Shed,
}

/// An answer that must not be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// A write that was answered, or seen, is not there.
    Lost,
    /// A session that was removed is there.
    Resurrected,
    /// Content that nobody wrote, or of another session.
    NeverWritten,
    /// Two pages have the same lock.
    GrantedTwice,
    /// A lock cookie came a second time.
    CookieReused,
    /// A session is locked although every lock on it was given back.
    LockedForNobody,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        match error {
            Error::Connect { .. } => Self::NotConnected,
            Error::Io(_) | Error::Closed => Self::Closed,
            Error::TimedOut(_) => Self::Unanswered,
            Error::BadRequest => Self::BadRequest,
            _ => Self::Unreadable,
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self { failure: (&error).into(), what: error.to_string() }
    }
}

impl From<cloakroom_client::Failure> for Trouble {
    fn from(failed: cloakroom_client::Failure) -> Self {
        let failure = match failed.cause() {
            Cause::NoServers | Cause::Busy { .. } => Failure::NotConnected,
            Cause::Unreachable(error) | Cause::Unanswered(error) | Cause::Unknown(error) => error.into(),
            Cause::Held => Failure::GivenUp,
            Cause::Refused(_) => Failure::BadRequest,
            _ => Failure::Unreadable,
        };
        Self { failure, what: failed.to_string() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotConnected => "not connected",
            Self::Closed => "closed before the answer",
            Self::Unanswered => "no answer within 10 s",
            Self::BadRequest => "400",
            Self::Unreadable => "unreadable answer",
            Self::NotThere => "404 to a write",
            Self::NotTheHolder => "423 to the holder",
            Self::GivenUp => "given up",
            Self::Shed => "too many pages at once",
        })
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lost => "lost",
            Self::Resurrected => "resurrected",
            Self::NeverWritten => "never written",
            Self::GrantedTwice => "lock granted twice",
            Self::CookieReused => "lock cookie reused",
            Self::LockedForNobody => "locked for nobody",
        })
    }
}
