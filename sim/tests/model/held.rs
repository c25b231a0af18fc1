//! What a node has of the session.

use cloakroom_ring::{Incoming, Local};
use cloakroom_session::{Entry, Time, Timeout};

/// How far the cookie of a recovered session goes on, so that none is granted twice.
pub(crate) const COOKIE_JUMP: i32 = 1_000;

/// A copy of the session, or what is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Held {
    Nothing,
    Tombstone { epoch: u64 },
    Row(Row),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Row {
    /// Of the last write or adoption.
    pub(crate) epoch: u64,
    /// Which write made the content.
    pub(crate) version: u8,
    pub(crate) cookie: i32,
    pub(crate) locked: bool,
    /// Found on disk or taken over, and not locked since.
    pub(crate) recovered: bool,
}

impl Held {
    pub(crate) fn row(self) -> Option<Row> {
        if let Held::Row(row) = self { Some(row) } else { None }
    }

    pub(crate) fn local(self) -> Local {
        match self {
            Held::Nothing => Local::Absent,
            Held::Tombstone { epoch } => Local::Tombstone(epoch),
            Held::Row(row) => Local::Row(row.epoch),
        }
    }

    /// As it arrives at its owner, if there is anything.
    pub(crate) fn incoming(self) -> Option<Incoming> {
        match self {
            Held::Nothing => None,
            Held::Tombstone { epoch } => Some(Incoming::Tombstone(epoch)),
            Held::Row(row) => Some(Incoming::Row(row.epoch)),
        }
    }

    /// Of two replies the one with the higher rank counts: a session is removed after its last change.
    pub(crate) fn age_rank(self) -> (u64, bool) {
        match self {
            Held::Nothing => (0, false),
            Held::Tombstone { epoch } => (epoch, true),
            Held::Row(row) => (row.epoch, false),
        }
    }

    /// What a process finds after a crash.
    pub(crate) fn found_on_disk(self) -> Held {
        match self {
            Held::Row(row) => Held::Row(Row { recovered: true, ..row }),
            other => other,
        }
    }
}

impl Row {
    /// As the session's own rules know it. Nothing expires in the model.
    pub(crate) fn entry(self) -> Entry {
        Entry {
            timeout: Timeout::DEFAULT,
            uninitialised: false,
            cookie: self.cookie,
            locked_since: self.locked.then_some(Time::ZERO),
            deadline: Time::ZERO.plus_millis(Timeout::DEFAULT.sliding_millis(Timeout::MAX)),
        }
    }

    /// After the session's own rules changed it.
    pub(crate) fn with(self, entry: Entry) -> Row {
        Row { cookie: entry.cookie, locked: entry.locked_since.is_some(), ..self }
    }
}
