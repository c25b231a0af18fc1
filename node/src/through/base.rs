//! What a command is decided on: a session as the engine has it, in this node's time.
//!
//! The engine keeps a session longer than it was told to live, by the slack: that far a deadline may move on without
//! being written down. So nothing expires early, whoever serves it next, and a session that is only read is not written
//! each time.

use std::time::Duration;

use cloakroom_session::{Entry, Time, Timeout};

use crate::backing::{Kept, Mark, Value};
use crate::store::{Backed, COOKIE_JUMP, Row, Stored, coarse_millis};

/// What is there under a key, or that nothing is.
#[derive(Clone, Debug)]
pub(super) struct Base {
    /// Its mark in the engine; `None` if that has nothing, not even a tombstone.
    pub(super) mark: Option<Mark>,
    /// The session; `None` if there is none.
    pub(super) session: Option<Session>,
}

/// A session in this node's time.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// Key and body.
    pub(super) content: Stored,
    /// Everything else.
    pub(super) entry: Entry,
    /// The deadline that the engine knows of; it keeps the session for the slack more.
    pub(super) written: Time,
}

impl Base {
    /// What the engine gave at `now`.
    pub(super) fn kept(kept: Option<Kept>, now: Time, lifetime_max: Timeout) -> Self {
        let Some(Kept { mark, value, .. }) = kept else { return Self { mark: None, session: None } };
        let session = match value {
            Value::Row(row) => Some(Session::of(row, now, lifetime_max)),
            Value::Tombstone => None,
        };
        Self { mark: Some(mark), session }
    }

    /// What this node has at `now` of a session that the engine has never seen. It may have granted locks that it forgot
    /// in a crash.
    pub(super) fn offered(row: Row, now: Time, lifetime_max: Timeout) -> Self {
        let mut session = Session::of(row, now, lifetime_max);
        if session.entry.locked_since.is_none() {
            session.entry.cookie = session.entry.cookie.saturating_add(COOKIE_JUMP);
        }
        Self { mark: None, session: Some(session) }
    }
}

impl Session {
    fn of(row: Row, now: Time, lifetime_max: Timeout) -> Self {
        let kept_until = now.plus_millis(millis(row.remaining));
        let entry = Entry {
            timeout: row.timeout,
            uninitialised: row.uninitialised,
            cookie: row.cookie,
            locked_since: row.locked.map(|age| now.minus_millis(millis(age))),
            // It may have been used until the slack was spent.
            deadline: kept_until,
        };
        let written = kept_until.minus_millis(coarse_millis(row.timeout, lifetime_max));
        Self { content: row.content, entry, written }
    }

    /// What is written of it at `now` under `epoch`.
    pub(super) fn row(&self, epoch: u64, now: Time, lifetime_max: Timeout) -> Row {
        let Entry { timeout, uninitialised, cookie, locked_since, deadline } = self.entry;
        let slack = coarse_millis(timeout, lifetime_max);
        Row {
            content: self.content.clone(),
            epoch,
            timeout,
            uninitialised,
            cookie,
            locked: locked_since.map(|since| Duration::from_millis(now.millis_since(since))),
            remaining: Duration::from_millis(deadline.millis_since(now).saturating_add(slack)),
            backed: Backed::Flushed,
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
