//! What a client may ask of one session.

use crate::Timeout;

/// The lock cookie that came with a request.
///
/// A bad one is not refused where it is read: whether it matters depends on the session's state
/// (an absent session answers "absent" whatever the header says).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieField {
    /// No such header.
    Missing,
    /// Not a number, or negative.
    Bad,
    /// 0 to 2,147,483,647.
    Value(i32),
}

/// One request's meaning. The body of a [`Command::Set`] stays with the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Read without locking (MS-ASP 3.1.5.1).
    Get,
    /// Read and lock (3.1.5.2).
    Acquire,
    /// Unlock without writing (3.1.5.4).
    Release {
        /// The lock to give up.
        cookie: CookieField,
    },
    /// Write, and unlock if this cookie holds the lock (3.1.5.3).
    Set {
        /// Minutes; a value other than the stored one starts the item anew.
        timeout: Timeout,
        /// Create only if absent, flagged so that the first reader runs session initialisation.
        uninitialised: bool,
        /// The lock that the writer holds, if any.
        cookie: CookieField,
    },
    /// Delete (3.1.5.5).
    Remove {
        /// The lock that the remover holds, if any.
        cookie: CookieField,
    },
    /// Keep alive (3.1.5.6).
    Touch,
}

impl Command {
    /// Whether doing it twice is as good as doing it once, for whoever does not know whether it was done: of the others a
    /// second time could undo what came after the first. A lock that nobody heard of looks like any other.
    #[must_use]
    pub const fn may_be_done_twice(self) -> bool {
        matches!(self, Self::Get | Self::Touch | Self::Acquire)
    }
}
