//! The third tier: an engine behind the nodes that outlives them.
//!
//! What is stored carries `(epoch, version)`, and whoever stores it refuses an older one: a node that was cut off or
//! excluded without knowing it cannot undo what its successor did. So nothing here needs a clock that two machines
//! share, a transaction over two keys, or a lock in the engine. Each call is one round trip on one key.
//!
//! Engines count time themselves. What goes in and comes out are ages and remaining times, never moments.

mod connect;
mod fault;
mod mark;
mod measured;
#[cfg(any(test, feature = "testing"))]
pub mod memory;
mod postgres;
mod redis;
mod secrets;

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;

pub use connect::{ConnectError, connect};
pub use fault::{Fault, FaultKind};
pub use mark::Mark;

use crate::store::{Parcel, Row};

/// How long an engine remembers that a session was removed, so that no older copy of it comes back.
pub const TOMBSTONE_KEPT: Duration = Duration::from_secs(10 * 60);

/// How long an engine remembers a removal of that age yet: for a moment at least, because engines know no shorter time.
#[must_use]
pub fn tombstone_left(age: Duration) -> Duration {
    TOMBSTONE_KEPT.saturating_sub(age).max(Duration::from_secs(1))
}

/// A backing store. Implementations time each call out themselves and never retry one that may have happened.
pub trait BackingStore: fmt::Debug + Send + Sync {
    /// What people call the engine, for messages: `Redis`, `PostgreSQL`.
    fn engine(&self) -> &'static str;

    /// Raises the epoch of what is stored to at least `epoch`, and reads it: from then on nobody of an earlier epoch
    /// can store. With epoch 0 it only reads. A session that is not there leaves nothing behind: strangers ask for
    /// any key.
    ///
    /// # Errors
    /// [`Fault`]: nothing is known about the session.
    fn claim<'a>(&'a self, key: &'a [u8], epoch: u64) -> BoxFuture<'a, Result<Option<Kept>, Fault>>;

    /// Replaces exactly what the caller built on. Asked again with the same [`Swap::attempt`], it says so again and
    /// does nothing: a caller who heard nothing may ask again.
    ///
    /// # Errors
    /// [`Fault`]; [`Fault::may_have_happened`] says whether to ask again before anything else.
    fn cas<'a>(&'a self, key: &'a [u8], swap: Swap<'a>) -> BoxFuture<'a, Result<Swapped, Fault>>;

    /// Stores what is newer than what is there, each item by itself; one result for each, in their order. Keys in a
    /// batch differ. An item that is stored already is stored.
    fn store<'a>(&'a self, batch: &'a [Flush]) -> BoxFuture<'a, Vec<Result<Stored, Fault>>>;

    /// Stores that the session was removed, if that is newer than what is there.
    ///
    /// # Errors
    /// [`Fault`]: unknown, or not done.
    fn remove<'a>(&'a self, key: &'a [u8], mark: Mark) -> BoxFuture<'a, Result<Stored, Fault>>;

    /// Whether the engine answers and would take writes.
    ///
    /// # Errors
    /// Why not.
    fn probe(&self) -> BoxFuture<'_, Result<(), Fault>>;

    /// Drops a bounded number of sessions that have expired, where the engine does not do that by itself; how many.
    ///
    /// # Errors
    /// [`Fault`].
    fn sweep(&self) -> BoxFuture<'_, Result<u64, Fault>>;
}

/// What is stored under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// How new it is.
    pub mark: Mark,
    /// The epoch that it bore before this claim.
    pub stored: u64,
    /// What it is.
    pub value: Value,
}

/// A session, or the end of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// The session; its epoch is that of the mark.
    Row(Row),
    /// It was removed.
    Tombstone,
}

/// A change that holds only if nobody else made one meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Swap<'a> {
    /// The mark of what is to be replaced; `None` if there must be nothing, not even a tombstone.
    pub expected: Option<Mark>,
    /// The mark from then on, greater than `expected`.
    pub mark: Mark,
    /// A random number for this change, by which the engine knows it again.
    pub attempt: u64,
    /// What is stored instead.
    pub change: Change<'a>,
}

/// What a [`Swap`] stores.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a> {
    /// Everything.
    Whole(&'a Row),
    /// Lock, flag and times; the body stays as it is there.
    WithoutBody(&'a Row),
    /// That the session was removed.
    Tombstone,
}

/// What became of a [`Swap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swapped {
    /// It is done.
    Done,
    /// Something else is stored than what the caller built on.
    Changed,
}

/// A session, or a tombstone, that is stored if it is newer.
#[derive(Clone, Debug)]
pub struct Flush {
    /// How new it is.
    pub mark: Mark,
    /// What it is. The epoch in it is not looked at, the remaining time is how long the engine keeps it.
    pub parcel: Parcel,
}

/// What became of a [`Flush`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It is stored.
    Stored,
    /// What is there has this mark, which is newer.
    Refused(Mark),
}
