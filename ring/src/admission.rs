//! Which of two copies of a session wins when one arrives at its owner.
//!
//! A copy is known by the epoch of its last change. Only one node changes a session in an epoch, and
//! whoever adopts a copy stamps it with its own epoch, so the higher one is the newer one.

/// What the owner has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Local {
    /// Nothing.
    Absent,
    /// The session was removed in this epoch.
    Tombstone(u64),
    /// A session last changed or adopted in this epoch.
    Row(u64),
}

/// What arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Incoming {
    /// A session last changed or adopted in this epoch.
    Row(u64),
    /// The news that the session was removed in this epoch.
    Tombstone(u64),
}

/// What the owner does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Adopts the incoming session in place of what it has.
    Take,
    /// Goes on with what it has.
    Keep,
    /// Removes the session that it has and remembers the incoming tombstone.
    Drop,
    /// Remembers the incoming tombstone; there is nothing to remove.
    Bury,
}

/// Decides about a copy. `first` says that the session was not yet answered for in this epoch: what
/// the owner has was then only found on its own disk, and of two copies of one epoch the other
/// node's is at least as new.
pub fn admit(local: Local, incoming: Incoming, first: bool) -> Verdict {
    match (local, incoming) {
        (Local::Absent, Incoming::Row(_)) => Verdict::Take,
        (Local::Tombstone(removed), Incoming::Row(epoch)) if epoch > removed => Verdict::Take,
        (Local::Row(mine), Incoming::Row(epoch)) if epoch > mine || (first && epoch == mine) => Verdict::Take,
        (Local::Absent, Incoming::Tombstone(_)) => Verdict::Bury,
        (Local::Tombstone(mine), Incoming::Tombstone(removed)) if removed > mine => Verdict::Bury,
        // A session is removed after its last change, so in the same epoch the removal is newer.
        (Local::Row(mine), Incoming::Tombstone(removed)) if removed >= mine => Verdict::Drop,
        _ => Verdict::Keep,
    }
}
