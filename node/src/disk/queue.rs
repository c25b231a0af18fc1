//! What waits to be made durable, in the order in which it happened.
//!
//! Shards push while they hold their lock, so the order of records is the order of changes. The
//! committer takes all there is and makes it one batch.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cloakroom_session::{Entry, FIRST_COOKIE, Time, Timeout};
use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;

use super::record::{Kind, RECORD_HEAD_BYTES};
use crate::store::Stored;

/// One change of one session, as its shard decided it.
#[derive(Debug)]
pub struct Change {
    /// What happened.
    pub kind: Kind,
    /// Keyed hash of the session's key.
    pub hash: u64,
    /// Ring epoch in which it was decided, on another node if it is a removal heard of from there.
    pub epoch: u64,
    /// Lock and ages after the change.
    pub entry: Entry,
    /// Key and body of a put, the key of a remove.
    pub content: Option<Stored>,
}

/// A change and its place in history.
#[derive(Debug)]
pub struct Numbered {
    /// Rises with every change that this node makes.
    pub version: u64,
    /// What happened.
    pub change: Change,
}

impl Change {
    /// A [`Kind::Remove`], which has a key, or [`Kind::Moved`]: no lock and no ages are left to tell.
    #[must_use]
    pub fn end(kind: Kind, hash: u64, epoch: u64, key: Option<Stored>) -> Self {
        let entry = Entry {
            timeout: Timeout::DEFAULT,
            uninitialised: false,
            cookie: FIRST_COOKIE,
            locked_since: None,
            deadline: Time::ZERO,
        };
        Self { kind, hash, epoch, entry, content: key }
    }

    pub(super) fn bytes(&self) -> usize {
        RECORD_HEAD_BYTES + self.content.as_ref().map_or(0, Stored::allocated_bytes)
    }
}

/// When a change must be on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Somebody waits for it.
    Now,
    /// With the next batch, at the latest after the commit window.
    Rides,
}

/// Nothing will be made durable any more: a write or sync failed, or the node has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal has stopped")]
pub struct Stopped;

#[derive(Debug, Default)]
struct State {
    changes: VecDeque<Numbered>,
    queued_bytes: usize,
    last_version: u64,
    durable_version: u64,
    waiters: Vec<(u64, oneshot::Sender<()>)>,
    room: Vec<oneshot::Sender<()>>,
    urgent: bool,
    committer_sleeps: bool,
    stopping: bool,
    failed: bool,
}

/// The queue between the shards and the committer.
#[derive(Debug)]
pub struct Queue {
    state: Mutex<State>,
    work: Condvar,
    limit_bytes: usize,
    /// Asked on every request, so it must not need the lock.
    over_limit: AtomicBool,
}

/// How full the queue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth {
    /// Changes that wait.
    pub records: usize,
    /// Bytes that they hold.
    pub bytes: usize,
}

impl Queue {
    /// A queue that asks to wait above `limit_bytes`; versions go on after `last_version`.
    #[must_use]
    pub fn new(limit_bytes: usize, last_version: u64) -> Self {
        let state = State { last_version, durable_version: last_version, ..State::default() };
        Self {
            state: Mutex::new(state),
            work: Condvar::new(),
            limit_bytes,
            over_limit: AtomicBool::new(false),
        }
    }

    /// Adds a change and returns its version.
    pub fn push(&self, change: Change, urgency: Urgency) -> u64 {
        let mut state = self.state.lock();
        state.last_version += 1;
        let version = state.last_version;
        state.queued_bytes += change.bytes();
        if state.queued_bytes >= self.limit_bytes {
            self.over_limit.store(true, Ordering::Release);
        }
        let first = state.changes.is_empty();
        state.changes.push_back(Numbered { version, change });
        state.urgent |= urgency == Urgency::Now;
        let wake = state.committer_sleeps && (first || state.urgent);
        if wake {
            state.committer_sleeps = false;
        }
        drop(state);
        if wake {
            self.work.notify_one();
        }
        version
    }

    /// A version that no change has.
    pub fn stamp(&self) -> u64 {
        let mut state = self.state.lock();
        state.last_version += 1;
        state.last_version
    }

    /// Goes on behind `version`, if that is further.
    pub fn raise(&self, version: u64) {
        let mut state = self.state.lock();
        state.last_version = state.last_version.max(version);
    }

    /// Whether new changes should wait for [`Queue::room`] first.
    pub fn is_full(&self) -> bool {
        self.over_limit.load(Ordering::Acquire)
    }

    /// Resolves when there is room; at once if there is.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn room(&self) -> Result<(), Stopped> {
        let receiver = {
            let mut state = self.state.lock();
            if state.failed {
                return Err(Stopped);
            }
            if state.queued_bytes < self.limit_bytes {
                return Ok(());
            }
            let (sender, receiver) = oneshot::channel();
            state.room.retain(|sender| !sender.is_closed());
            state.room.push(sender);
            receiver
        };
        receiver.await.map_err(|_| Stopped)
    }

    /// Whether everything up to `version` is durable.
    pub fn is_durable(&self, version: u64) -> bool {
        self.state.lock().durable_version >= version
    }

    /// Resolves when everything up to `version` is durable.
    ///
    /// # Errors
    /// [`Stopped`]: the change may or may not have reached the disk.
    pub async fn durable(&self, version: u64) -> Result<(), Stopped> {
        let receiver = {
            let mut state = self.state.lock();
            if state.durable_version >= version {
                return Ok(());
            }
            if state.failed {
                return Err(Stopped);
            }
            let (sender, receiver) = oneshot::channel();
            state.waiters.push((version, sender));
            if !state.urgent {
                state.urgent = true;
                if std::mem::take(&mut state.committer_sleeps) {
                    self.work.notify_one();
                }
            }
            receiver
        };
        receiver.await.map_err(|_| Stopped)
    }

    /// How full it is.
    pub fn depth(&self) -> Depth {
        let state = self.state.lock();
        Depth { records: state.changes.len(), bytes: state.queued_bytes }
    }

    /// The newest version given out.
    pub fn last_version(&self) -> u64 {
        self.state.lock().last_version
    }

    /// Lets the committer finish what is queued and end.
    pub fn stop(&self) {
        self.state.lock().stopping = true;
        self.work.notify_one();
    }

    /// Whether the node wants to end.
    pub(super) fn is_stopping(&self) -> bool {
        self.state.lock().stopping
    }

    /// Moves everything that is queued into the empty `backlog`, waiting for work: not at all if somebody
    /// waits for durability, else until `window` has passed since the queue was last seen, and at most
    /// `heartbeat` when nothing happens at all. False once stopped and empty.
    pub(super) fn take(
        &self,
        backlog: &mut VecDeque<Numbered>,
        window: Duration,
        heartbeat: Duration,
    ) -> bool {
        let mut state = self.state.lock();
        if !state.urgent && !state.stopping {
            let patience = if state.changes.is_empty() { heartbeat } else { window };
            let ready = |state: &State| state.urgent || state.stopping;
            state.committer_sleeps = true;
            let timed_out = self.work.wait_for(&mut state, patience).timed_out();
            if !timed_out && !ready(&state) && !state.changes.is_empty() {
                // The first change after a silence: give others the window to join it.
                state.committer_sleeps = true;
                self.work.wait_while_for(&mut state, |state| !ready(state), window);
            }
            state.committer_sleeps = false;
        }
        // One swap: every shard that changes something waits for this lock.
        std::mem::swap(&mut state.changes, backlog);
        state.urgent = false;
        !(state.stopping && backlog.is_empty())
    }

    /// Tells everybody that `batch` is durable.
    pub(super) fn committed(&self, batch: &[Numbered]) {
        let Some(last) = batch.last() else { return };
        let freed: usize = batch.iter().map(|numbered| numbered.change.bytes()).sum();
        let mut state = self.state.lock();
        state.durable_version = last.version;
        state.queued_bytes -= freed;
        let woken: Vec<_> = state.waiters.extract_if(.., |(version, _)| *version <= last.version).collect();
        let mut room = Vec::new();
        if state.queued_bytes < self.limit_bytes {
            self.over_limit.store(false, Ordering::Release);
            room = std::mem::take(&mut state.room);
        }
        drop(state);
        // A receiver that went away no longer cares.
        for sender in woken.into_iter().map(|(_, sender)| sender).chain(room) {
            let _ = sender.send(());
        }
    }

    /// Ends all waiting with [`Stopped`], now and from now on.
    pub(super) fn fail(&self) {
        let mut state = self.state.lock();
        state.failed = true;
        state.waiters.clear();
        state.room.clear();
    }
}
