//! Getting one change into the engine, to the end: until that has said what became of it, or the time is over.
//!
//! In a task of its own, which has the session's turn: a client that goes away leaves neither a change of which nobody
//! knows whether it was made, nor a gate that nobody opens.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::attempt::{Attempt, Trace, Written, next};
use super::cache::Known;
use super::gate::Turn;
use super::settle::Unsettled;
use super::{Refused, Shared, pause};
use crate::backing::{Fault, Mark, Swapped};
use crate::guard::{Guard, stands};

/// An engine that gave no answer is asked again after this long.
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// What a swap is asked with.
#[derive(Debug)]
pub(super) struct Errand {
    pub(super) attempt: Attempt,
    /// What is remembered if it is done.
    pub(super) known: Option<Known>,
    pub(super) place: u64,
    pub(super) turn: Turn,
    /// It locks the session.
    pub(super) locks: bool,
    /// It makes a session where there was none.
    pub(super) creates: bool,
    pub(super) give_up: Duration,
}

/// What became of it. Whoever drops this without [`Unsettled::settled`] leaves the rest to a task.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) end: End,
    pub(super) turn: Turn,
    pub(super) unsettled: Unsettled,
}

/// How a swap ended.
#[derive(Debug)]
pub(super) enum End {
    Done,
    /// Something else is there; nothing was changed.
    Changed,
    /// Nothing was changed.
    NotDone(Fault),
    /// It may be in the engine, now or soon.
    Unknown,
}

impl Errand {
    /// Runs it.
    ///
    /// # Errors
    /// [`Refused::Unknown`]: it takes longer than the client waits.
    pub(super) async fn run(self, shared: &Arc<Shared>) -> Result<Report, Refused> {
        let left = shared.left(self.give_up);
        let (told, hears) = oneshot::channel();
        let shared = Arc::clone(shared);
        // Whoever does not hear the report drops it, and that settles it.
        tokio::spawn(async move { drop(told.send(self.carry_out(&shared).await)) });
        match tokio::time::timeout(left, hears).await {
            Ok(Ok(report)) => Ok(report),
            Ok(Err(_)) | Err(_) => Err(Refused::Unknown),
        }
    }

    async fn carry_out(self, shared: &Arc<Shared>) -> Report {
        let Self { attempt, known, place, turn, locks, creates, give_up } = self;
        let mut unsettled = Unsettled::new(shared, attempt, place, locks);
        let end = shared.ask(unsettled.attempt(), give_up).await;
        match end {
            End::Done => {
                shared.remember(place, known);
                shared.count(unsettled.attempt(), creates);
            }
            // What was built on is not there any more, or not for long.
            End::Changed | End::Unknown => shared.remember(place, None),
            End::NotDone(_) => {}
        }
        let heard = match end {
            // When the client can be told of its lock.
            End::Done => !locks,
            End::NotDone(_) => true,
            // Whoever hears of it looks what is there now.
            End::Changed | End::Unknown => false,
        };
        if heard {
            unsettled.settled();
        }
        Report { end, turn, unsettled }
    }
}

impl Shared {
    /// Asks the same until there is an answer.
    async fn ask(&self, attempt: &mut Attempt, give_up: Duration) -> End {
        // From then on it may be there, or come to be there.
        let mut sent = false;
        loop {
            match self.setup.backing.cas(attempt.key(), attempt.swap()).await {
                Ok(Swapped::Done) => return End::Done,
                Ok(Swapped::Changed) if !stands(Guard::SwapCompares) => self.build_on_anything(attempt).await,
                Ok(Swapped::Changed) if !sent => return End::Changed,
                Ok(Swapped::Changed) => {
                    if let Ok(found) = self.setup.backing.claim(attempt.key(), 0).await {
                        return match attempt.trace(found.map(|kept| kept.mark)) {
                            Trace::Lost | Trace::Fenced => End::Changed,
                            Trace::There => End::Done,
                            Trace::Unknown => End::Unknown,
                        };
                    }
                }
                Err(fault) if fault.may_have_happened() => sent = true,
                Err(fault) if !sent => return End::NotDone(fault),
                Err(_) => {}
            }
            if self.left(give_up).is_zero() {
                return End::Unknown;
            }
            pause(ASK_AGAIN).await;
        }
    }

    /// What must never be done: takes whatever is there for what the change was decided on.
    async fn build_on_anything(&self, attempt: &mut Attempt) {
        if let Ok(found) = self.setup.backing.claim(attempt.key(), 0).await {
            let found: Option<Mark> = found.map(|kept| kept.mark);
            attempt.expected = found;
            attempt.mark = next(found, attempt.mark.epoch, self.draw());
            attempt.number = self.draw();
        }
    }

    /// Counts a change that was decided on `expected` and found `found` there, if it came after a swing.
    pub(super) fn note_late(&self, expected: Option<Mark>, found: Option<Mark>) {
        if self.setup.homes.as_ref().is_some_and(|homes| homes.is_late(expected, found)) {
            self.setup.metrics.data_centres.late_writes_refused.inc();
        }
    }

    /// Remembers what was learned of a session, or nothing.
    pub(super) fn remember(&self, place: u64, known: Option<Known>) {
        match known {
            Some(known) => self.cache.insert(place, known),
            None => self.cache.remove(place),
        }
    }

    fn count(&self, attempt: &Attempt, creates: bool) {
        match &attempt.change {
            Written::Whole(row) => self.setup.metrics.put_bytes.inc_by(row.content.body().len() as u64),
            Written::WithoutBody(_) => {}
            Written::Tombstone => self.setup.metrics.sessions_abandoned.inc(),
        }
        if creates {
            self.setup.metrics.sessions.inc();
        }
    }
}
