//! Handing over, in the background, what belongs to other nodes.
//!
//! A pass looks at every session, first those in memory, which are asked for soonest. A session is dropped here only
//! when its owner has it on disk. When a whole pass finds nothing left and all that was dropped is durable, this node
//! is *settled*: its peers need not ask it for anything any more.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Cluster;
use super::pace::Pace;
use super::view::View;
use crate::guard::{Guard, stands};
use crate::peers::{Answered, Ask, PARCEL_HEAD_BYTES, PUSH_BYTES, Question, Reply};
use crate::store::{Mover, Parcel, Store, Stored};

/// A receiver answers when all of it is on disk.
const PATIENCE: Duration = Duration::from_secs(10);
/// And longer by what a batch takes on the slowest link that is any use.
const SLOWEST_BYTES_PER_SECOND: u64 = 1 << 20;
/// Before the next attempt after a pass that left something.
const PAUSE: Duration = Duration::from_millis(200);
/// Receivers get at most this many sessions at once: they are made durable and confirmed together.
const BATCH_ROWS: usize = 1024;
const KIB: usize = 1024;

/// How a pass went.
#[derive(Debug, Default)]
struct Pass {
    /// Somebody did not take what is his.
    left: bool,
    /// The newest change that must be durable before nothing is here any more.
    newest: u64,
}

/// What one member is about to get.
#[derive(Default)]
struct Batch {
    parcels: Vec<Parcel>,
    movers: Vec<Mover>,
    bytes: usize,
}

/// One pass under way.
struct Passing {
    view: Arc<View>,
    batches: BTreeMap<usize, Batch>,
    sent: JoinSet<Pass>,
    room: Arc<Semaphore>,
    /// All of `room`, in KiB.
    room_kib: usize,
    pace: Pace,
    so_far: Pass,
}

impl Cluster {
    /// Hands over whenever there is something, until `stop`.
    pub(super) async fn hand_off(self: Arc<Self>, stop: CancellationToken) {
        let mut changed = self.changed.watch();
        let working = async {
            loop {
                changed.mark_unchanged();
                match self.view().filter(|view| self.settled.load(Ordering::Acquire) < view.epoch()) {
                    // Whatever changes, there may be another ring.
                    None => changed.changed().await,
                    Some(view) => {
                        if !self.settle(&view).await {
                            pause(PAUSE).await;
                        }
                    }
                }
            }
        };
        stop.run_until_cancelled(working).await;
    }

    /// One pass; whether this node is done with this ring.
    async fn settle(self: &Arc<Self>, view: &Arc<View>) -> bool {
        // When all are settled, the next ring forgets who was lost, and with it that his share must wait.
        if view.awaits_take_over() {
            return false;
        }
        if self.may_hold_others(view).await {
            let pass = self.pass(view).await;
            if pass.left || self.setup.store.durable(pass.newest).await.is_err() {
                return false;
            }
        }
        match self.mark_settled(view).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, "cannot write down that everything is handed over");
                false
            }
        }
    }

    async fn pass(self: &Arc<Self>, view: &Arc<View>) -> Pass {
        let room = usize::try_from(self.setup.settings.in_flight_bytes).unwrap_or(usize::MAX) / KIB;
        let room_kib = room.clamp(1, Semaphore::MAX_PERMITS);
        let mut passing = Passing {
            view: Arc::clone(view),
            batches: BTreeMap::new(),
            sent: JoinSet::new(),
            room: Arc::new(Semaphore::new(room_kib)),
            room_kib,
            pace: Pace::new(self.setup.settings.bytes_per_second),
            so_far: Pass::default(),
        };
        for hot_only in [true, false] {
            for shard in 0..Store::SHARDS {
                for mover in self.setup.store.movers(shard, hot_only) {
                    if self.hand_over(&mut passing, mover).await.is_break() {
                        passing.so_far.left = true;
                        return passing.so_far;
                    }
                }
                // A shard without movers costs no await; others of this thread must have their turn.
                tokio::task::yield_now().await;
            }
            // What is on its way would be found again by the next look.
            self.send_all(&mut passing).await;
        }
        passing.so_far
    }

    /// Adds one session to what its owner gets. Breaks if the ring is not in force any more.
    async fn hand_over(self: &Arc<Self>, passing: &mut Passing, mut mover: Mover) -> ControlFlow<()> {
        if self.epoch() != passing.view.epoch() {
            return ControlFlow::Break(());
        }
        let store = &self.setup.store;
        let Ok(hash) = store.key_hash_of(&mover).await else {
            passing.so_far.left = true;
            return ControlFlow::Continue(());
        };
        let Some(owner) = hash.map(|hash| passing.view.placement.owner(hash)) else {
            return ControlFlow::Continue(());
        };
        if Some(owner) == passing.view.placement.me() {
            return ControlFlow::Continue(());
        }
        let parcel = match store.parcel(&mut mover).await {
            Ok(Some(parcel)) => parcel,
            Ok(None) => return ControlFlow::Continue(()),
            Err(unavailable) => {
                tracing::warn!(%unavailable, "a session cannot be handed over");
                passing.so_far.left = true;
                return ControlFlow::Continue(());
            }
        };
        let bytes = weight(&parcel);
        let full = |batch: &Batch| {
            batch.bytes + bytes > PUSH_BYTES && batch.bytes > 0 || batch.parcels.len() >= BATCH_ROWS
        };
        if passing.batches.get(&owner).is_some_and(full) {
            self.send(passing, owner).await;
        }
        let batch = passing.batches.entry(owner).or_default();
        batch.bytes += bytes;
        batch.movers.push(mover);
        batch.parcels.push(parcel);
        self.moving.fetch_add(1, Ordering::AcqRel);
        ControlFlow::Continue(())
    }

    async fn send_all(self: &Arc<Self>, passing: &mut Passing) {
        let owners: Vec<usize> = passing.batches.keys().copied().collect();
        for owner in owners {
            self.send(passing, owner).await;
        }
        while let Some(ended) = passing.sent.join_next().await {
            passing.so_far.add(ended.ok());
        }
    }

    /// Sends the batch of `owner`, as soon as there is room for it on the way and in time.
    async fn send(self: &Arc<Self>, passing: &mut Passing, owner: usize) {
        let Some(batch) = passing.batches.remove(&owner) else { return };
        pause(passing.pace.after(batch.bytes, self.setup.clock.elapsed())).await;
        // A row larger than all the room goes alone.
        let wanted = batch.bytes.div_ceil(KIB).min(passing.room_kib);
        let room =
            Arc::clone(&passing.room).acquire_many_owned(u32::try_from(wanted).unwrap_or(u32::MAX)).await;
        let room = room.expect("nobody closes the semaphore");
        while let Some(ended) = passing.sent.try_join_next() {
            passing.so_far.add(ended.ok());
        }
        let (cluster, view) = (Arc::clone(self), Arc::clone(&passing.view));
        passing.sent.spawn(async move {
            let bytes = i64::try_from(batch.bytes).unwrap_or(i64::MAX);
            cluster.setup.metrics.hand_off_bytes.inc_by(bytes);
            let count = batch.movers.len() as u64;
            let pass = cluster.push(&view, owner, batch).await;
            // A pass that finds it again counts it again.
            cluster.moving.fetch_sub(count, Ordering::AcqRel);
            cluster.setup.metrics.hand_off_bytes.dec_by(bytes);
            drop(room);
            pass
        });
    }

    async fn push(self: &Arc<Self>, view: &View, owner: usize, batch: Batch) -> Pass {
        let Batch { parcels, movers, bytes } = batch;
        let (member, count) = (&view.placement.ring().members[owner], movers.len() as u64);
        let mut pass = Pass::default();
        if !stands(Guard::DisposeAfterAck) {
            self.dispose(view, &movers, &mut pass);
        }
        let keys: Vec<Stored> = parcels.iter().map(Parcel::content).cloned().collect();
        for parcel in parcels.iter().filter(|parcel| matches!(parcel, Parcel::Row(_))) {
            let now = || self.setup.store.epoch();
            pass.left |= !self.given.note(parcel.key(), &member.name, view.epoch(), now);
        }
        if pass.left {
            return pass;
        }
        let question = Question { epoch: view.epoch(), ask: Ask::Push(parcels) };
        let patience = PATIENCE + Duration::from_secs(bytes as u64 / SLOWEST_BYTES_PER_SECOND);
        match self.setup.peers.ask(member, question, patience).await {
            Ok(Answered { reply: Reply::Pushed, .. }) => {
                self.dispose(view, &movers, &mut pass);
                keys.iter().for_each(|key| self.given.dropped(key.key()));
                self.setup.metrics.sessions_pushed.inc_by(count);
                self.setup.metrics.pushed_bytes.inc_by(bytes as u64);
            }
            Ok(answered) => {
                self.learn(member, answered).await;
                pass.left = true;
            }
            Err(_) => pass.left = true,
        }
        pass
    }

    fn dispose(&self, view: &View, movers: &[Mover], pass: &mut Pass) {
        for mover in movers {
            match self.setup.store.dispose(view.epoch(), mover) {
                Some(version) => pass.newest = pass.newest.max(version),
                // It was touched by compaction meanwhile, or the ring changed; another pass sees to it.
                None => pass.left = true,
            }
        }
    }
}

impl Pass {
    /// Adds what one batch came to; `None` if its task ended before it.
    fn add(&mut self, part: Option<Self>) {
        let Some(part) = part else {
            self.left = true;
            return;
        };
        self.left |= part.left;
        self.newest = self.newest.max(part.newest);
    }
}

fn weight(parcel: &Parcel) -> usize {
    parcel.content().joined().len() + PARCEL_HEAD_BYTES
}

#[expect(clippy::disallowed_methods, reason = "a rate is kept by waiting")]
async fn pause(pause: Duration) {
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
}
