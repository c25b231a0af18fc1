//! What was answered so far: what every later answer is judged by.

use crate::held::Row;
use crate::published::Id;
use crate::wrong::Wrong;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Past {
    /// Writes and removals so far; the newest one's number.
    pub(crate) versions: u8,
    /// The newest that a client was told of.
    newest: u8,
    /// Whether that one left a session.
    present: bool,
    /// A removal was decided whose client may not have been told.
    maybe_removed: bool,
    /// A lost node may have been the only one that had it.
    pub(crate) given_up: bool,
    /// Who changed it, by epoch from 1 on.
    committers: [Option<Id>; 3],
    /// The first thing that went wrong.
    pub(crate) wrong: Option<Wrong>,
}

impl Past {
    /// One write, which everybody knows.
    pub(crate) fn new() -> Past {
        Past {
            versions: 1,
            newest: 1,
            present: true,
            maybe_removed: false,
            given_up: false,
            committers: [None; 3],
            wrong: None,
        }
    }

    /// Who changed the session in that epoch.
    pub(crate) fn committer(&self, epoch: u64) -> Option<Id> {
        self.committers[slot(epoch)]
    }

    /// `node` looks at `found` at `epoch`, to change it or to show it.
    pub(crate) fn judge_sight(&self, found: Option<Row>) -> Option<Wrong> {
        match found {
            Some(row) if row.version >= self.newest => None,
            Some(_) if self.present => Some(Wrong::Stale),
            Some(_) => Some(Wrong::Returned),
            None if self.present && !self.given_up && !self.maybe_removed => Some(Wrong::Vanished),
            None => None,
        }
    }

    /// `node` changes the session at `epoch`.
    pub(crate) fn commit(&mut self, node: Id, epoch: u64) -> Option<Wrong> {
        let later = self.committers[slot(epoch) + 1..].iter().any(Option::is_some);
        let other = self.committers[slot(epoch)].is_some_and(|committer| committer != node);
        if later {
            return Some(Wrong::CommitAfterLater);
        }
        self.committers[slot(epoch)] = Some(node);
        other.then_some(Wrong::SecondCommitter)
    }

    /// The number of a write or removal that is being decided.
    pub(crate) fn next_version(&mut self, removal: bool) -> u8 {
        self.maybe_removed |= removal;
        self.versions += 1;
        self.versions
    }

    /// A client is told of this write (or removal).
    pub(crate) fn told(&mut self, version: u8, present: bool) {
        if version > self.newest {
            self.newest = version;
            self.present = present;
            self.maybe_removed &= !present;
        }
    }
}

fn slot(epoch: u64) -> usize {
    usize::try_from(epoch - 1).expect("there are three epochs")
}
