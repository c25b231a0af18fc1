//! What requests come to.

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

/// A session as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The content.
    pub body: Vec<u8>,
    /// How long the session outlives its last use; to be given again when it is written.
    pub timeout: Timeout,
    /// Nobody has read the session before: ASP.NET would run `Session_Start`.
    pub initialise: bool,
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
