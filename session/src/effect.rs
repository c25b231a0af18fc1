//! What becomes of the stored session.

use crate::Entry;

/// How much of a touched entry changed, which decides how soon it must be remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Only the deadline moved: may be persisted coarsely.
    Renewed,
    /// Lock, cookie or flag changed: rides with the next durable batch.
    LockOrFlag,
}

/// What the caller must do to its store. Everything is relative to the entry handed to
/// [`crate::step`]; an entry that had expired is gone before the effect applies
/// ([`crate::Step::timed_out`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing is stored under the key, and nothing will be.
    None,
    /// Replace the entry, keep the body.
    Touch(Entry, Change),
    /// Replace entry and body with this entry and the request's body. Durable before the answer.
    Put(Entry),
    /// Delete. Durable before the answer.
    Remove,
}
