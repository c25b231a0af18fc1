//! What keeps a store tidy while it serves: sweep, checkpoint, compaction, and what it says of itself.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::shard::Shard;
use super::{Place, SHARDS, Store};
use crate::disk::checkpoint::{Catalog, Checkpoint, CheckpointError};
use crate::disk::compaction::{Compactor, Garbage, Usage, choose};
use crate::disk::segment::Purpose;
use crate::disk::segments::Segment;
use crate::metrics::{Scrape, StoreGauges, Written};

/// Every session's deadline is looked at once in this time, as the reference sweeps.
const SWEEP_PERIOD: Duration = Duration::from_secs(20);
/// Shards swept at a time.
const SWEEP_SLICE: u16 = 16;

/// The checkpoint's reserve grows by this, so that it is not made anew at every look.
const CHECKPOINT_RESERVE_STEP: u64 = 1 << 20;

/// What a checkpoint achieved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckpointOutcome {
    /// Segments deleted because nothing in them is wanted.
    pub segments_deleted: usize,
    /// Bytes of slots written.
    pub index_bytes: u64,
}

impl Store {
    /// How long to wait between two calls of [`Store::sweep`].
    #[must_use]
    pub fn sweep_pause() -> Duration {
        SWEEP_PERIOD * u32::from(SWEEP_SLICE) / u32::from(SHARDS)
    }

    /// Drops what expired in the next few shards after `from`; returns where to go on.
    pub fn sweep(&self, from: u16) -> u16 {
        let now = self.now();
        let mut expired = Vec::new();
        for index in from..from.saturating_add(SWEEP_SLICE).min(SHARDS) {
            let mut shard = self.shards[usize::from(index)].lock();
            expired.clear();
            shard.sweep(now, &mut expired);
            for &hash in &expired {
                shard.drop_session(hash, &self.journal.segments);
                self.hot.remove(Place::hot_of(usize::from(index), hash));
            }
            drop(shard);
            self.metrics.sessions_timed_out.inc_by(expired.len() as u64);
        }
        (from + SWEEP_SLICE) % SHARDS
    }

    /// Whether enough was written, or enough could be deleted, for a checkpoint to pay.
    #[must_use]
    pub fn wants_checkpoint(&self, written_since: u64) -> bool {
        let index_bytes = self.index_bytes();
        // A checkpoint writes the whole index, so a large one is written less often.
        let due = self.settings.checkpoint_bytes.max(8 * index_bytes);
        if written_since >= due {
            return true;
        }
        let segments = self.journal.segments.all();
        let active = self.journal.published.lock().sequence;
        let dead: u64 = Self::deletable(&segments, active).iter().map(|segment| segment.allocated()).sum();
        let live = Usage::of(&segments).live;
        dead >= (2 * self.settings.segment_bytes).max(live / 16).max(index_bytes)
            || dead > 0 && self.journal.spare.disk_is_full()
    }

    /// Writes the index down and deletes the segments that nothing points at any more.
    ///
    /// # Errors
    /// [`CheckpointError`]; the previous checkpoint still holds, nothing was deleted, and `catalog`
    /// must be reopened.
    pub fn checkpoint(&self, catalog: &Catalog, clean: bool) -> Result<CheckpointOutcome, CheckpointError> {
        let started = self.clock.elapsed();
        // Before the copies: what happens from here on is replayed on top of them.
        let position = *self.journal.published.lock();
        let segments = self.journal.segments.all();
        let deletable = Self::deletable(&segments, position.sequence);
        let needed: Vec<_> = segments
            .iter()
            .filter(|segment| segment.live() > 0 || segment.head.sequence == position.sequence)
            .map(|segment| (segment.head.sequence, segment.head.number))
            .collect();
        let checkpoint =
            Checkpoint::at(position, self.now().as_millis(), self.journal.queue.last_version(), clean);
        let mut index_bytes = 0;
        catalog.save(&checkpoint, &needed, SHARDS, |shard, out| {
            self.shards[usize::from(shard)].lock().copy(self.settings.backed, out);
            index_bytes += out.len() as u64;
        })?;
        for segment in &deletable {
            self.journal.segments.delete(segment)?;
        }
        let elapsed = self.clock.elapsed().saturating_sub(started);
        self.metrics.checkpoint_seconds.observe(elapsed.as_secs_f64());
        self.metrics.written_bytes.inc_by(Written::Checkpoint, index_bytes);
        Ok(CheckpointOutcome { segments_deleted: deletable.len(), index_bytes })
    }

    /// Whether changes wait for the committer.
    #[must_use]
    pub fn queued(&self) -> bool {
        self.journal.queue.depth().records > 0
    }

    /// A mover for this store's segments.
    #[must_use]
    pub fn compactor(&self) -> Compactor {
        Compactor::new(self.settings.compress_from)
    }

    /// Empties the segment that is best emptied now, if there is garbage enough. `pace` is called
    /// with the bytes of each write and says whether to go on.
    ///
    /// # Errors
    /// The volume's.
    pub fn compact(&self, compactor: &mut Compactor, pace: impl FnMut(usize) -> bool) -> io::Result<bool> {
        let active = self.journal.published.lock().sequence;
        let segments = self.journal.segments.all();
        let garbage = if self.journal.spare.disk_is_full() {
            Garbage::Any
        } else {
            Garbage::Above(2 * self.settings.segment_bytes)
        };
        let avoid = |sequence| compactor.avoids(sequence);
        let Some(victim) = choose(&segments, garbage, active, avoid) else {
            return Ok(false);
        };
        let moved = compactor.empty(&victim, &self.journal.segments, self, garbage, pace)?;
        if garbage == Garbage::Any {
            compactor.finish_target()?;
        }
        self.metrics.compaction_moved_bytes.inc_by(moved);
        self.metrics.written_bytes.inc_by(Written::Journal, moved);
        Ok(true)
    }

    /// Makes the next segment ahead of need, within `disk_bytes`.
    ///
    /// # Errors
    /// The volume's, but for a full disk, which is noted.
    pub fn refill_spare(&self) -> io::Result<()> {
        let limit = self.settings.disk_bytes.unwrap_or(u64::MAX);
        let fits = || {
            let taken: u64 = self.journal.segments.all().iter().map(|segment| segment.allocated()).sum();
            taken.saturating_add(self.settings.segment_bytes) <= limit
        };
        self.journal.spare.refill(&self.journal.segments, fits)
    }

    /// Gives the committer a segment out of room that was kept back, if it stands still for want of one.
    ///
    /// # Errors
    /// The volume's, but for a full disk.
    pub fn help_out(&self) -> io::Result<()> {
        self.journal.spare.help_out(&self.journal.segments)
    }

    /// Whether the committer stands still for want of a segment.
    #[must_use]
    pub fn committer_waits(&self) -> bool {
        self.journal.spare.is_wanted()
    }

    /// Bytes to keep back so that redb can write a new copy of the index beside the old one.
    #[must_use]
    pub fn checkpoint_reserve_bytes(&self) -> u64 {
        (3 * self.index_bytes()).next_multiple_of(CHECKPOINT_RESERVE_STEP)
    }

    /// The size of an ordinary segment in bytes.
    #[must_use]
    pub fn segment_bytes(&self) -> u64 {
        self.settings.segment_bytes
    }

    fn index_bytes(&self) -> u64 {
        self.shards.iter().map(|shard| shard.lock().index_bytes() as u64).sum()
    }

    /// Refuses new sessions until there is room again.
    pub fn report_full_disk(&self) {
        self.journal.spare.report_full();
    }

    /// Waits until the spare segment is taken, or for `patience`.
    pub fn pause_housekeeping(&self, patience: Duration) {
        self.journal.spare.pause(patience);
    }

    /// Waits for as long as `bytes` of compaction may take.
    pub fn pace_compaction(&self, bytes: usize) {
        let rate = self.settings.compact_bytes_per_second.max(1);
        self.journal.spare.pause(Duration::from_micros(bytes as u64 * 1_000_000 / rate));
    }

    /// Segments in which nothing is wanted and nothing more will be written. The checkpoint replays the
    /// journal from `active` on.
    fn deletable(segments: &[Arc<Segment>], active: u64) -> Vec<Arc<Segment>> {
        segments
            .iter()
            .filter(|segment| {
                let replayed = segment.head.purpose == Purpose::Journal && segment.head.sequence >= active;
                segment.is_finished() && !replayed && segment.live() == 0
            })
            .cloned()
            .collect()
    }
}

impl Scrape for Store {
    fn scrape(&self) -> StoreGauges {
        let (mut sessions, mut index_bytes, mut tombstones) = (0, 0, 0);
        for shard in &self.shards {
            let shard = shard.lock();
            sessions += Shard::len(&shard) as u64;
            index_bytes += shard.index_bytes() as u64;
            tombstones += shard.tombstones.len() as u64;
        }
        let usage = Usage::of(&self.journal.segments.all());
        let depth = self.journal.queue.depth();
        StoreGauges {
            sessions_active: sessions,
            hot_tier_bytes: self.hot.bytes(),
            hot_tier_entries: self.hot.entries() as u64,
            journal_queue_records: depth.records as u64,
            journal_queue_bytes: depth.bytes as u64,
            journal_live_bytes: usage.live,
            journal_dead_bytes: usage.used.saturating_sub(usage.live),
            journal_segments: usage.segments,
            tombstones,
            index_bytes,
            disk_full: self.journal.spare.disk_is_full(),
        }
    }
}
