//! Bringing to the backing store what it does not have, behind the answers.
//!
//! A session is stored once for all changes that it saw within the window. Only its owner stores it, and only under the
//! ring that makes it so: the backing store refuses what is older than what it has, and a refusal by a later epoch tells
//! a node that it was excluded.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_ring::key_hash;
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::Cluster;
use super::tier::Tier;
use super::view::{View, Whose};
use crate::backing::{Fault, FaultKind, Flush, Mark, Stored};
use crate::guard::{Guard, stands};
use crate::metrics::Lost;
use crate::store::{Parcel, Unavailable, Unflushed};

/// Sessions looked at in one go.
const SLICE: usize = 1024;
/// Sessions of one call, and the bytes of their content beyond which it takes no further one.
const BATCH_SESSIONS: usize = 256;
const BATCH_BYTES: usize = 1 << 20;
/// Between two looks, at most.
const TICK: Duration = Duration::from_millis(250);
/// Before a removal asks again.
const PAUSE: Duration = Duration::from_millis(100);
/// How long a writer is held back when too much waits.
const SLOW: Duration = Duration::from_millis(250);
/// How often it is asked whether the backing store is there.
const PROBE: Duration = Duration::from_secs(1);
/// How often it is asked to drop what has expired.
const SWEEP: Duration = Duration::from_secs(10);

/// A session on its way to the backing store.
struct Load {
    unflushed: Unflushed,
    flush: Flush,
}

impl Cluster {
    /// Stores what is due, until `stop`.
    pub(super) async fn flush_behind(self: Arc<Self>, stop: CancellationToken) {
        let Some(tier) = self.tier.clone() else { return };
        let working = async {
            let mut ticks = rhythm(TICK.min(tier.settings.window / 4).max(Duration::from_millis(10)));
            loop {
                ticks.tick().await;
                while self.flush_due(&tier).await {}
            }
        };
        let probing = async {
            let mut ticks = rhythm(PROBE);
            loop {
                ticks.tick().await;
                // Whoever listens takes note.
                drop(tier.store.probe().await);
            }
        };
        let sweeping = async {
            let mut ticks = rhythm(SWEEP);
            loop {
                ticks.tick().await;
                while tier.store.sweep().await.is_ok_and(|swept| swept > 0) {}
            }
        };
        let all = async { tokio::join!(biased; working, probing, sweeping) };
        stop.run_until_cancelled(all).await;
    }

    /// One slice of what is due; whether there is more and it can be stored.
    async fn flush_due(self: &Arc<Self>, tier: &Arc<Tier>) -> bool {
        let window = if self.leaves() { Duration::ZERO } else { tier.settings.window };
        let (due, backlog) = self.setup.store.unflushed(window, SLICE);
        if tier.look(backlog) {
            self.tell_changed();
        }
        let full = due.len() == SLICE;
        let (mut loads, mut bytes, mut progress) = (Vec::new(), 0, false);
        for mut unflushed in due {
            match self.setup.store.flush(&mut unflushed).await {
                Ok(None) => {
                    self.setup.store.flushed(&unflushed);
                    progress = true;
                }
                Ok(Some(flush)) if !self.may_flush(tier, &flush) => self.setup.store.postpone(&unflushed),
                Ok(Some(flush)) => {
                    bytes += flush.parcel.content().joined().len();
                    loads.push(Load { unflushed, flush });
                }
                // It changes all the time.
                Err(Unavailable::TooSlow) => {}
                Err(unavailable) => {
                    tracing::warn!(%unavailable, "a session cannot be stored");
                    self.setup.store.postpone(&unflushed);
                }
            }
            if loads.len() == BATCH_SESSIONS || bytes >= BATCH_BYTES {
                bytes = 0;
                match self.bring(tier, std::mem::take(&mut loads)).await {
                    true => progress = true,
                    false => return false,
                }
            }
        }
        let brought = loads.is_empty() || self.bring(tier, loads).await;
        full && progress && brought
    }

    /// Whether this node owns the session under the ring of the flush's mark, and nobody may have a newer copy of it. What
    /// others own is handed over to them.
    fn may_flush(&self, tier: &Tier, flush: &Flush) -> bool {
        let hash = key_hash(flush.parcel.key());
        let mine = |view: Arc<View>| match tier.serves_ahead() {
            true => matches!(view.whose(hash), Whose::Mine { .. }),
            // Whatever was written through is newer, and stays.
            false => view.placement.owns(hash),
        };
        self.view().filter(|view| view.epoch() == flush.mark.epoch).is_some_and(mine)
    }

    /// Stores these; whether the backing store can be asked for more.
    async fn bring(self: &Arc<Self>, tier: &Tier, loads: Vec<Load>) -> bool {
        let (unflushed, batch): (Vec<_>, Vec<_>) =
            loads.into_iter().map(|load| (load.unflushed, load.flush)).unzip();
        let mut results = tier.store.store(&batch).await;
        if batch.len() > 1 && results.iter().any(is_about_one) {
            // One that it will never take must not keep the others out.
            results = Vec::with_capacity(batch.len());
            for flush in &batch {
                results.extend(tier.store.store(std::slice::from_ref(flush)).await);
            }
        }
        let mut can = true;
        for ((unflushed, flush), result) in unflushed.iter().zip(batch).zip(results) {
            if let Err(fault) = &result
                && is_about_one(&result)
            {
                tracing::warn!(%fault, "a session is not stored");
                self.setup.store.postpone(unflushed);
                continue;
            }
            can &= self.brought(tier, unflushed, flush, result).await;
        }
        can
    }

    async fn brought(
        &self,
        tier: &Tier,
        unflushed: &Unflushed,
        mut flush: Flush,
        result: Result<Stored, Fault>,
    ) -> bool {
        match result {
            Ok(Stored::Stored) => self.setup.store.flushed(unflushed),
            Ok(Stored::Refused(newer)) if !stands(Guard::FlushCompares) => {
                flush.mark = Mark { epoch: newer.epoch, version: newer.version + 1 };
                drop(tier.store.store(&[flush]).await);
                self.setup.store.flushed(unflushed);
            }
            Ok(Stored::Refused(_)) if !tier.serves_ahead() => {
                // It was written through since, and that was decided without this change.
                self.setup.metrics.sessions_lost.inc(Lost::Superseded);
                self.setup.store.flushed(unflushed);
            }
            Ok(Stored::Refused(newer)) if newer.epoch > flush.mark.epoch => self.meet(tier, newer.epoch),
            // This node's own, of a time that it has forgotten with its volume.
            Ok(Stored::Refused(newer)) => self.setup.store.raise(newer.version),
            Err(_) => return false,
        }
        true
    }

    /// Stores what is here of a session, or at an earlier owner, and is not in the backing store, before the session is
    /// written through.
    pub(super) async fn bring_first(self: &Arc<Self>, view: &Arc<View>, tier: &Tier, key: &[u8]) {
        if let Whose::Ask(mut earlier) = view.whose(key_hash(key)) {
            // Who is gone had it written through, or is lost with it.
            earlier.retain(|member| self.answers(&view.placement.ring().members[*member].name));
            let _ = self.pull(view, key, earlier).await;
        }
        let Some(mut unflushed) = self.setup.store.unflushed_of(key) else { return };
        if let Ok(Some(flush)) = self.setup.store.flush(&mut unflushed).await
            && self.may_flush(tier, &flush)
        {
            self.bring(tier, vec![Load { unflushed, flush }]).await;
        }
    }

    /// Returns when the backing store knows that the session was removed.
    ///
    /// # Errors
    /// It does not by `give_up`, or never will: whether the removal outlives this node is unknown.
    pub(super) async fn reach(
        self: &Arc<Self>,
        tier: &Tier,
        key: &[u8],
        give_up: Duration,
    ) -> Result<(), Unavailable> {
        while let Some(mut unflushed) = self.setup.store.unflushed_of(key) {
            let Some(flush) = self.setup.store.flush(&mut unflushed).await? else {
                // There were too many removals to remember.
                return Err(Unavailable::BackingStore);
            };
            if !self.may_flush(tier, &flush) {
                return Err(Unavailable::BackingStore);
            }
            let made_anew = matches!(flush.parcel, Parcel::Row(_));
            let result = if made_anew {
                // It takes the place of what was removed there as well.
                tier.store.store(std::slice::from_ref(&flush)).await.pop().expect("one result for each item")
            } else {
                tier.store.remove(key, flush.mark).await
            };
            let epoch = flush.mark.epoch;
            let refused = matches!(result, Ok(Stored::Refused(newer)) if newer.epoch > epoch);
            let stored = matches!(result, Ok(Stored::Stored));
            let done = stored && self.brought(tier, &unflushed, flush, result).await;
            if stored && made_anew {
                return Ok(());
            }
            if refused || !done && self.setup.clock.boottime() >= give_up {
                return Err(Unavailable::BackingStore);
            }
            if !stored {
                pause(PAUSE).await;
            }
        }
        // If it was handed over meanwhile, its new owner brings it there, some time.
        let mine = self.view().is_some_and(|view| view.placement.owns(key_hash(key)));
        if mine { Ok(()) } else { Err(Unavailable::BackingStore) }
    }

    /// Holds a writer back for a moment while too much waits for the backing store.
    pub(super) async fn slow_down(&self, tier: &Tier) {
        if tier.is_behind() {
            self.setup.metrics.backing.writers_slowed.inc();
            pause(SLOW).await;
        }
    }

    /// Whether nothing of this node waits for the backing store.
    pub(super) fn all_flushed(&self) -> bool {
        self.tier.is_none() || self.setup.store.unflushed(Duration::MAX, 0).1.sessions == 0
    }
}

/// Now and then: what took too long is not made up for.
fn rhythm(period: Duration) -> Interval {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Whether the fault says something of this session, and nothing of the others.
fn is_about_one(result: &Result<Stored, Fault>) -> bool {
    result.as_ref().is_err_and(|fault| fault.kind == FaultKind::Refused)
}

#[expect(clippy::disallowed_methods, reason = "there is nothing to wait for but time")]
async fn pause(pause: Duration) {
    tokio::time::sleep(pause).await;
}
