//! What requests come to.

use std::fmt;

use cloakroom_protocol::aspnet::Lock;
use cloakroom_session::Timeout;

/// The result of a read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Read<T> {
    /// The session.
    Found(T),
    /// Somebody else holds the lock; ASP.NET asks again every half second.
    Locked(Lock),
    /// There is no such session.
    Absent,
}

impl<T> Read<T> {
    pub(crate) fn map<U>(self, found: impl FnOnce(T) -> U) -> Read<U> {
        match self {
            Self::Found(item) => Read::Found(found(item)),
            Self::Locked(lock) => Read::Locked(lock),
            Self::Absent => Read::Absent,
        }
    }
}

/// A session as it was read.
#[derive(Clone, PartialEq, Eq)]
pub struct Item {
    /// The content.
    pub body: Vec<u8>,
    /// How long the session outlives its last use; to be given again when it is written.
    pub timeout: Timeout,
    /// Nobody has read the session before: ASP.NET would run `Session_Start`.
    pub initialise: bool,
}

/// Contents are nobody's business who reads a log.
impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { body, timeout, initialise } = self;
        let body = format_args!("{} bytes", body.len());
        f.debug_struct("Item")
            .field("body", &body)
            .field("timeout", timeout)
            .field("initialise", initialise)
            .finish()
    }
}

/// A session that this reader locked.
///
/// The lock outlives this value and the connection: write the session or release it, with the cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The session.
    pub item: Item,
    /// What proves that the lock is ours.
    pub cookie: i32,
}

/// The result of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Written {
    /// Done.
    Done,
    /// Not done: somebody else holds the lock.
    Locked(Lock),
    /// Not done: there is no such session.
    Absent,
}
