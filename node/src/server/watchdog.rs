//! Deadlines of all connections without a timer per request.
//!
//! A connection notes in one atomic word what it waits for and until when; one task looks at all of
//! them four times a second and wakes the overdue ones, which then close themselves. So a request
//! costs one store instead of arming and disarming a timer, and a deadline is late by at most a tick.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use parking_lot::Mutex;
use slab::Slab;
use tokio::time::MissedTickBehavior;

use crate::clock::Clock;

const TICK: Duration = Duration::from_millis(250);

/// What a connection waits for from its peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    /// Nothing: the node itself is busy with a request, which no deadline may cut off.
    Nothing,
    /// The next request.
    Request,
    /// The rest of a head.
    Head,
    /// The rest of a body.
    Body,
    /// That it reads what was answered.
    Reading,
}

impl Awaited {
    const ALL: [Self; 5] = [Self::Nothing, Self::Request, Self::Head, Self::Body, Self::Reading];
}

/// One connection's deadline. The word holds the deadline in milliseconds of the node's clock above
/// one bit for "overdue" and three for what is awaited, so that a connection that made progress in
/// the meantime cannot be declared overdue for what it waited for before.
#[derive(Debug, Default)]
pub(super) struct Vital {
    word: AtomicU64,
    waker: AtomicWaker,
}

const AWAITED_BITS: u64 = 0b0111;
const OVERDUE: u64 = 0b1000;
const DEADLINE_SHIFT: u32 = 4;

impl Vital {
    /// From now on `awaited` is waited for, until `deadline` by the node's clock.
    pub(super) fn wait_for(&self, awaited: Awaited, deadline: Duration) {
        let millis = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX >> DEADLINE_SHIFT);
        self.word.store(millis << DEADLINE_SHIFT | awaited as u64, Ordering::Relaxed);
    }

    /// From now on nothing is waited for.
    pub(super) fn at_ease(&self) {
        self.word.store(Awaited::Nothing as u64, Ordering::Relaxed);
    }

    /// Ready with what did not come in time. Registers the task for waking by the watchdog.
    pub(super) fn poll_overdue(&self, cx: &Context<'_>) -> Poll<Awaited> {
        self.waker.register(cx.waker());
        let word = self.word.load(Ordering::Acquire);
        if word & OVERDUE == 0 { Poll::Pending } else { Poll::Ready(awaited(word)) }
    }

    fn inspect(&self, now_millis: u64) {
        let word = self.word.load(Ordering::Relaxed);
        let late =
            awaited(word) != Awaited::Nothing && word & OVERDUE == 0 && word >> DEADLINE_SHIFT < now_millis;
        if late
            && self.word.compare_exchange(word, word | OVERDUE, Ordering::AcqRel, Ordering::Relaxed).is_ok()
        {
            self.waker.wake();
        }
    }
}

fn awaited(word: u64) -> Awaited {
    Awaited::ALL
        .into_iter()
        .find(|awaited| *awaited as u64 == word & AWAITED_BITS)
        .unwrap_or(Awaited::Nothing)
}

/// Everyone's deadlines.
#[derive(Debug, Default)]
pub(super) struct Watchdog {
    vitals: Mutex<Slab<Arc<Vital>>>,
}

impl Watchdog {
    /// Watches one more connection, until the result is dropped.
    pub(super) fn watch(self: &Arc<Self>) -> Watched {
        let vital = Arc::<Vital>::default();
        let key = self.vitals.lock().insert(Arc::clone(&vital));
        Watched { vital, key, watchdog: Arc::clone(self) }
    }

    /// Marks and wakes every connection whose deadline lies before `now`.
    pub(super) fn inspect(&self, now: Duration) {
        let now_millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        self.vitals.lock().iter().for_each(|(_, vital)| vital.inspect(now_millis));
    }

    /// Lets every connection look around, because something changed for all of them.
    pub(super) fn wake_all(&self) {
        self.vitals.lock().iter().for_each(|(_, vital)| vital.waker.wake());
    }

    /// Inspects for as long as it is polled.
    pub(super) async fn run(&self, clock: &dyn Clock) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.inspect(clock.elapsed());
        }
    }
}

/// A watched connection's own end of its deadline.
#[derive(Debug)]
pub(super) struct Watched {
    vital: Arc<Vital>,
    key: usize,
    watchdog: Arc<Watchdog>,
}

impl std::ops::Deref for Watched {
    type Target = Vital;

    fn deref(&self) -> &Vital {
        &self.vital
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.watchdog.vitals.lock().remove(self.key);
    }
}
