//! What keeps the promises. Each can be taken away, to see that the checker misses it.

/// One thing that a node does and could forget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Guard {
    /// A command is decided only at the epoch at which its owner was computed.
    Seal,
    /// A session is served only after its sources were asked.
    AskSources,
    /// Of two copies the newer one stays.
    NewestWins,
    /// A copy is dropped only when its owner has it.
    DisposeAfterAck,
    /// The epoch survives a crash.
    RememberEpoch,
    /// Cookies of a session that was recovered or lost are not granted again.
    FreshCookies,
    /// A removed session is remembered.
    KeepTombstones,
    /// A write is answered when it is on disk.
    AckAfterCommit,
    /// A node serves only while a majority answers it.
    Majority,
    /// The share of a lost member is served only when it must have stopped.
    TakeOverWait,
    /// A copy is given up with the lost node that was given another one.
    GiveUpWithTaker,
    /// A node is settled only when it need not wait for a lost member.
    SettleAfterTakeOver,
}
