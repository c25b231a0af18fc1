//! What must never be seen, and what is promised instead.

/// A broken promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Wrong {
    /// Two nodes changed the session in one epoch.
    SecondCommitter,
    /// It was changed in an epoch after it was changed in a later one.
    CommitAfterLater,
    /// Two clients hold its lock.
    TwoHolders,
    /// A write was not built on the one before.
    LostUpdate,
    /// An older state was shown after a newer one was answered.
    Stale,
    /// It was removed, and is back.
    Returned,
    /// It is absent, and was neither removed nor given up with a lost node.
    Vanished,
}

impl Wrong {
    pub(crate) const ALL: [Wrong; 7] = [
        Wrong::SecondCommitter,
        Wrong::CommitAfterLater,
        Wrong::TwoHolders,
        Wrong::LostUpdate,
        Wrong::Stale,
        Wrong::Returned,
        Wrong::Vanished,
    ];

    /// What is promised instead.
    pub(crate) fn promise(self) -> &'static str {
        match self {
            Wrong::SecondCommitter => "at most one node changes a session in an epoch",
            Wrong::CommitAfterLater => "nobody changes a session after somebody did in a later epoch",
            Wrong::TwoHolders => "at most one client holds the lock",
            Wrong::LostUpdate => "a write is built on the one before",
            Wrong::Stale => "nothing older is shown than what was answered",
            Wrong::Returned => "what was removed stays away",
            Wrong::Vanished => "nothing vanishes that was not given up",
        }
    }
}
