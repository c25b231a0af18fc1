//! What the generator knows of every session it ever wrote, and so what a server may answer.

use anyhow::{Result, bail, ensure};

use crate::{
    body,
    request::{Operation, Reply, Request},
};

/// One session, as far as its writer knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Session {
    /// Newest version that the server has confirmed; 0 before it has confirmed any.
    confirmed: u32,
    /// Newest version that was sent.
    sent: u32,
    /// Length of that version's body, in bytes.
    length: usize,
    /// A delete was sent.
    deleted: bool,
}

/// All sessions of a run, numbered from 0.
#[derive(Debug)]
pub(crate) struct Population {
    sessions: Vec<Session>,
    verified: bool,
}

impl Population {
    /// Numbers from here on belong to sessions that are never created: bots and old cookies.
    const NEVER: u64 = 1 << 40;

    /// A population of nobody. Without `verified` any answer is taken: only for the ping server,
    /// which stores nothing.
    #[must_use]
    pub(crate) const fn new(verified: bool) -> Self {
        Self { sessions: Vec::new(), verified }
    }

    /// How many sessions were ever created.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Bytes of all keys and newest bodies together.
    #[must_use]
    pub(crate) fn bytes(&self) -> usize {
        self.sessions.iter().map(|session| session.length + crate::key::KEY_LENGTH).sum()
    }

    /// The request that creates one more session with a body of `length` bytes.
    pub(crate) fn create(&mut self, length: usize) -> Request {
        let session = self.sessions.len();
        self.sessions.push(Session { sent: 1, length, ..Session::default() });
        Request::write(Operation::Create, session as u64, 1, length)
    }

    /// The request that writes the next version of `session`, its length changed by `resize`.
    pub(crate) fn change(
        &mut self,
        operation: Operation,
        session: u64,
        resize: impl FnOnce(usize) -> usize,
    ) -> Request {
        let state = self.state(session);
        state.sent += 1;
        state.length = resize(state.length);
        Request::write(operation, session, state.sent, state.length)
    }

    /// A request without a body for `session`; if it reads, no older version than is now confirmed
    /// may come back.
    pub(crate) fn ask(&mut self, operation: Operation, session: u64) -> Request {
        let state = self.state(session);
        state.deleted |= operation == Operation::Delete;
        Request::bare(operation, session, state.confirmed)
    }

    /// A read of a session that never was, the `nth` of its kind.
    #[must_use]
    pub(crate) const fn ask_for_nobody(nth: u64) -> Request {
        Request::bare(Operation::Get, Self::NEVER + nth, 0)
    }

    /// Checks `reply` to `request` against everything known. A lock held elsewhere is never wrong
    /// here: the caller knows whether it could be.
    ///
    /// # Errors
    /// A lost, stale or damaged body, or a reply that cannot be.
    pub(crate) fn check(&mut self, request: &Request, reply: Reply<'_>) -> Result<()> {
        if !self.verified {
            return Ok(());
        }
        let Request { operation, session, version, .. } = *request;
        if session >= Self::NEVER {
            ensure!(reply == Reply::Absent, "session {session} never was, yet has {reply:?}");
            return Ok(());
        }
        let state = self.state(session);
        match (operation, reply) {
            (Operation::Get | Operation::GetExclusive, Reply::Body { bytes, .. }) => {
                let found = body::verify(session, bytes)?;
                ensure!(
                    (version..=state.sent).contains(&found),
                    "session {session} came back as version {found}, expected {version} to {}",
                    state.sent
                );
            }
            (Operation::Create | Operation::SetAndRelease, Reply::Done) => {
                state.confirmed = state.confirmed.max(version);
            }
            (Operation::Release | Operation::Touch | Operation::Delete, Reply::Done) | (_, Reply::Locked) => {
            }
            (_, Reply::Absent) if state.deleted => {}
            (_, Reply::Absent) => bail!("session {session} is lost: {operation:?} found nothing"),
            (_, Reply::Done | Reply::Body { .. }) => {
                bail!("session {session}: {reply:?} is no answer to {operation:?}")
            }
        }
        Ok(())
    }

    fn state(&mut self, session: u64) -> &mut Session {
        let index = usize::try_from(session).expect("sessions are numbered by index");
        &mut self.sessions[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A session whose version 2 is confirmed and version 3 under way.
    fn population() -> Population {
        let mut population = Population::new(true);
        let create = population.create(100);
        population.check(&create, Reply::Done).unwrap();
        let change = population.change(Operation::SetAndRelease, 0, |length| length + 1);
        population.check(&change, Reply::Done).unwrap();
        population.change(Operation::SetAndRelease, 0, |length| length);
        population
    }

    fn check_read(version: u32, fine: bool) {
        let mut population = population();
        let ask = population.ask(Operation::Get, 0);
        let mut bytes = Vec::new();
        body::write(0, version, 101, &mut bytes);
        let reply = Reply::Body { bytes: &bytes, lock: None };
        assert_eq!(population.check(&ask, reply).is_ok(), fine, "version {version}");
    }

    #[test]
    fn reads_return_a_confirmed_version_or_one_under_way() {
        check_read(1, false);
        check_read(2, true);
        check_read(3, true);
        check_read(4, false);
    }

    #[test]
    fn a_lost_session_is_wrong_unless_it_was_deleted() {
        let mut population = population();
        let touch = population.ask(Operation::Touch, 0);
        assert!(population.check(&touch, Reply::Absent).is_err());
        population.ask(Operation::Delete, 0);
        assert!(population.check(&touch, Reply::Absent).is_ok());
    }

    #[test]
    fn a_session_that_never_was_has_no_body() {
        let mut population = population();
        let ask = Population::ask_for_nobody(0);
        assert!(population.check(&ask, Reply::Absent).is_ok());
        assert!(population.check(&ask, Reply::Done).is_err());
    }

    #[test]
    fn answers_to_something_else_are_wrong() {
        let mut population = population();
        let get = population.ask(Operation::Get, 0);
        assert!(population.check(&get, Reply::Done).is_err());
        let touch = population.ask(Operation::Touch, 0);
        assert!(population.check(&touch, Reply::Body { bytes: b"", lock: None }).is_err());
    }
}
