//! A session on its way from one node to another.
//!
//! Nodes share no clock and no index, so nothing in here is a moment or a place: ages and remaining
//! times are counted from the moment at which it is read.

use std::time::Duration;

use cloakroom_session::Timeout;

use super::Stored;

/// A whole session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Key and body.
    pub content: Stored,
    /// Ring epoch of its last put, or in which a node adopted it.
    pub epoch: u64,
    /// Configured sliding timeout.
    pub timeout: Timeout,
    /// Created without content and read by nobody yet.
    pub uninitialised: bool,
    /// Cookie of the current or latest lock.
    pub cookie: i32,
    /// How long the lock has been held, if it is.
    pub locked: Option<Duration>,
    /// Until it expires if nobody asks for it.
    pub remaining: Duration,
    /// What the backing store knows of it.
    pub backed: Backed,
}

/// What the backing store knows of a copy of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backed {
    /// It has it.
    #[default]
    Flushed,
    /// It has an older one at most, or there is none.
    Unflushed,
    /// This is what it had when the session's last owner was gone, and nobody has changed it since.
    Recovered {
        /// The epoch under which it was stored, or claimed by an owner in between.
        stored: u64,
    },
}

/// What one node gives another for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parcel {
    /// A session.
    Row(Row),
    /// The news that a session was removed.
    Tombstone {
        /// Its key, with an empty body.
        key: Stored,
        /// Ring epoch of the removal.
        epoch: u64,
        /// How long ago that was.
        age: Duration,
    },
}

/// What a node has of a session that it may not change any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// The session.
    Row(Row),
    /// It was removed.
    Tombstone {
        /// Ring epoch of the removal.
        epoch: u64,
    },
    /// Nothing that could still be read.
    Nothing,
}

impl Parcel {
    /// The session's key, and its body if there is one.
    #[must_use]
    pub fn content(&self) -> &Stored {
        match self {
            Self::Row(row) => &row.content,
            Self::Tombstone { key, .. } => key,
        }
    }

    /// The session's key.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        self.content().key()
    }
}
