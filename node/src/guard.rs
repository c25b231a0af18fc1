//! The guards that keep sessions safe in a cluster, by name, so that tests can take one away.
//!
//! A test that has never failed proves little. Built with the feature `removable-guards`, the simulation switches
//! one guard off and must find the damage; in every other build a guard is the constant `true`.

/// What would break if it were not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "removable-guards", derive(Hash))]
pub enum Guard {
    /// A command is decided only at the epoch at which its owner was computed.
    Seal,
    /// A session that is not here is believed absent only after every earlier owner was asked.
    AskSources,
    /// Of two copies the newer one stays.
    NewestWins,
    /// A session that was handed over is dropped only after the receiver has it on disk.
    DisposeAfterAck,
    /// A node that restarts goes on with the highest epoch that it acted on.
    RememberEpoch,
    /// The first lock on a session that came from elsewhere has a cookie that cannot have been granted before.
    FreshCookies,
    /// A removed session does not come back from an older copy.
    KeepTombstones,
    /// A write is answered only when it is on disk.
    AckAfterCommit,
    /// A node that a majority has not answered lately does not serve.
    Majority,
    /// The share of an excluded node is served only when that node must have stopped.
    TakeOverWait,
    /// A change is swapped into the backing store only if what it was decided on is still there.
    SwapCompares,
    /// What the backing store has a newer copy of is not stored there.
    FlushCompares,
    /// Whoever takes a session from the backing store sees to it that no earlier owner stores it any more.
    ClaimSeals,
    /// A removal is answered only when the backing store knows of it.
    RemoveReaches,
    /// What the backing store does not have yet is still known after a restart.
    UnflushedSurvives,
}

impl Guard {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Seal,
        Self::AskSources,
        Self::NewestWins,
        Self::DisposeAfterAck,
        Self::RememberEpoch,
        Self::FreshCookies,
        Self::KeepTombstones,
        Self::AckAfterCommit,
        Self::Majority,
        Self::TakeOverWait,
        Self::SwapCompares,
        Self::FlushCompares,
        Self::ClaimSeals,
        Self::RemoveReaches,
        Self::UnflushedSurvives,
    ];
}

/// Whether `guard` is in force.
#[cfg(not(feature = "removable-guards"))]
#[must_use]
pub const fn stands(_guard: Guard) -> bool {
    true
}

#[cfg(feature = "removable-guards")]
pub use removable::{remove, stands};

#[cfg(feature = "removable-guards")]
mod removable {
    //! One guard at a time is off, in one thread: simulations side by side do not see each other's.

    use std::cell::Cell;

    use super::Guard;

    thread_local! {
        static REMOVED: Cell<Option<Guard>> = const { Cell::new(None) };
    }

    /// Takes `guard` away in this thread, or puts all back.
    pub fn remove(guard: Option<Guard>) {
        REMOVED.set(guard);
    }

    /// Whether `guard` is in force in this thread.
    #[must_use]
    pub fn stands(guard: Guard) -> bool {
        REMOVED.get() != Some(guard)
    }
}
