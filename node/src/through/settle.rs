//! What nobody waits for any more: a change of which the engine never said what became of it, or a lock of which no
//! client heard.
//!
//! Asked again until the engine knows, so that it is not made at some later moment, and a lock is given back. If the
//! engine is away for longer than that, a lock stays until another client breaks it, as after the death of its holder.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::attempt::{Attempt, Trace, Written, next};
use super::{Shared, pause};
use crate::backing::{Fault, Mark, Swapped};
use crate::store::Row;

/// How long an engine that is away is waited for.
const WAIT: Duration = Duration::from_secs(120);
/// Between two questions, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(2));
/// Sessions whose changes may wait like this, by KiB.
pub(super) const SETTLING_KIB: usize = 64 * 1024;

/// A change that is still to be settled; when this is dropped, a task does that.
#[derive(Debug)]
pub(super) struct Unsettled {
    shared: Arc<Shared>,
    attempt: Option<Attempt>,
    place: u64,
    locks: bool,
}

impl Unsettled {
    pub(super) fn new(shared: &Arc<Shared>, attempt: Attempt, place: u64, locks: bool) -> Self {
        Self { shared: Arc::clone(shared), attempt: Some(attempt), place, locks }
    }

    pub(super) fn attempt(&mut self) -> &mut Attempt {
        self.attempt.as_mut().expect("it is there until it is settled")
    }

    /// It is known what became of the change, and so does whoever must know.
    pub(super) fn settled(&mut self) {
        self.attempt = None;
    }
}

impl Drop for Unsettled {
    fn drop(&mut self) {
        let Some(attempt) = self.attempt.take() else { return };
        let kib = attempt.session.allocated_bytes() / 1024 + 1;
        let room = u32::try_from(kib).ok().and_then(|kib| {
            let settling = Arc::clone(&self.shared.settling);
            settling.try_acquire_many_owned(kib).ok()
        });
        // Without a runtime the process is going down.
        let (Some(room), Ok(runtime)) = (room, Handle::try_current()) else { return };
        let (shared, place, locks) = (Arc::clone(&self.shared), self.place, self.locks);
        runtime.spawn(async move {
            shared.settle(attempt, locks).await;
            // What was read of the session meanwhile may be older than what became of it.
            shared.cache.forget(place);
            drop(room);
        });
    }
}

/// What became of a change, and the mark of what is there now.
enum Became {
    /// It is there, and nothing was built on it.
    There(Mark),
    /// It never will be: what it replaces is still there, but was claimed.
    Fenced(Mark),
    Over,
}

impl Shared {
    async fn settle(&self, mut attempt: Attempt, mut locks: bool) {
        let mut unlocks = false;
        let give_up = self.setup.clock.boottime() + WAIT;
        let (mut wait, longest) = PAUSES;
        loop {
            match self.became(&attempt).await {
                Ok(Became::There(mark)) if locks => {
                    attempt = self.unlock(attempt, mark);
                    (locks, unlocks) = (false, true);
                    continue;
                }
                Ok(Became::Fenced(mark)) if unlocks => attempt = self.unlock(attempt, mark),
                Ok(_) => return,
                Err(_) if self.left(give_up).is_zero() => return,
                Err(_) => {}
            }
            pause(wait).await;
            wait = (wait * 2).min(longest);
        }
    }

    async fn became(&self, attempt: &Attempt) -> Result<Became, Fault> {
        if self.setup.backing.cas(attempt.key(), attempt.swap()).await? == Swapped::Done {
            return Ok(Became::There(attempt.mark));
        }
        let found = self.setup.backing.claim(attempt.key(), 0).await?.map(|kept| kept.mark);
        let (trace, mark) = (attempt.trace(found), found.unwrap_or_default());
        if trace == Trace::There {
            return Ok(Became::There(mark));
        }
        self.note_late(attempt.expected, found);
        Ok(if trace == Trace::Fenced { Became::Fenced(mark) } else { Became::Over })
    }

    /// The change that takes the lock of `attempt` back, where that is what has the mark `found`.
    fn unlock(&self, attempt: Attempt, found: Mark) -> Attempt {
        let (Written::Whole(row) | Written::WithoutBody(row)) = attempt.change else { return attempt };
        let mark = next(Some(found), found.epoch, self.draw());
        let change = Written::WithoutBody(Row { locked: None, epoch: mark.epoch, ..row });
        Attempt { expected: Some(found), mark, number: self.draw(), change, ..attempt }
    }
}
