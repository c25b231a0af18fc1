//! A client: locks the session, writes or removes it, and creates it if there is none.

use crate::published::Id;
use crate::wrong::Wrong;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Client {
    pub(crate) phase: Phase,
    /// How often it may still ask for the lock.
    pub(crate) turns: u8,
    /// Its lock is known to be lost with the node or the session that had it.
    pub(crate) orphaned: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    Idle,
    /// Was told that there is no session.
    Missing,
    Holding(Lock),
    /// The node has decided, and answers when it is on disk.
    Decided {
        at: Id,
        done: Done,
    },
}

/// What a client was told with its lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Lock {
    pub(crate) cookie: i32,
    pub(crate) version: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ask {
    Acquire,
    Create,
    Write(Lock),
    Remove(Lock),
}

/// What was decided and what is wrong with it, should it be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Done {
    pub(crate) answer: Answer,
    pub(crate) wrong: Option<Wrong>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Answer {
    Acquired(Lock),
    /// Somebody else holds the lock, or the one shown is not the lock.
    Locked,
    Absent,
    Written {
        version: u8,
    },
    Removed {
        version: u8,
    },
}

impl Client {
    pub(crate) fn new(turns: u8) -> Client {
        Client { phase: Phase::Idle, turns, orphaned: false }
    }

    /// The lock that it shows, or will show.
    pub(crate) fn lock(&self) -> Option<Lock> {
        match self.phase {
            Phase::Holding(lock) => Some(lock),
            Phase::Decided { done: Done { answer: Answer::Acquired(lock), .. }, .. } => Some(lock),
            _ => None,
        }
    }

    /// It gets no answer, and gives up what it was about to do; that counts as a turn.
    pub(crate) fn cut_off(&mut self) {
        *self = Client { phase: Phase::Idle, turns: self.turns.saturating_sub(1), orphaned: false };
    }
}
