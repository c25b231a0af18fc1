//! Group commit: what is queued becomes one batch, one write, one sync, and only then is it told.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::extent::{Extent, LengthCode, Location};
use super::queue::{Change, Numbered};
use super::record::{Content, Kind, RecordHead, encode};
use super::segment::{BATCH_HEAD_BYTES, BatchHead, Purpose, SEGMENT_HEAD_BYTES};
use super::segments::Segment;
use super::volume::is_out_of_descriptors;
use super::{Journal, Position};
use crate::store::Stored;

/// A batch takes at most this many changes: its waiters wait for all of them.
const BATCH_RECORDS: usize = 4096;
/// A batch takes about this many bytes; a single larger body makes a batch of its own.
const BATCH_BYTES: usize = 8 << 20;
/// Session time is written down at least this often, so that a crash forgets little of it.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How long a full disk is left alone before the next attempt.
const FULL_DISK_PAUSE: Duration = Duration::from_millis(200);

/// Who is told about durable changes. The receiver files the record's place.
pub trait Publish: Send + Sync {
    /// `change`, the one of that version, is durable, a put at `extent`.
    fn durable(&self, version: u64, change: &Change, extent: Option<Extent>);

    /// A batch of `records` changes and `bytes` took `elapsed` from the first byte written to the end of the sync.
    fn batch(&self, records: usize, bytes: usize, elapsed: Duration);

    /// Session time now, in milliseconds.
    fn now_millis(&self) -> u64;

    /// Time for measuring, since any fixed moment.
    fn elapsed(&self) -> Duration;
}

/// Where a committer begins and how it works.
#[derive(Debug)]
pub struct Start {
    /// A segment with nothing in it yet.
    pub active: Arc<Segment>,
    /// Number of the first batch.
    pub next_batch: u64,
    /// The longest that a change waits for company when nobody waits for it.
    pub window: Duration,
}

/// The one writer of journal segments.
#[derive(Debug)]
pub struct Committer<P> {
    journal: Arc<Journal>,
    publish: Arc<P>,
    active: Arc<Segment>,
    next_batch: u64,
    window: Duration,
    /// Taken from the queue, not committed yet.
    backlog: VecDeque<Numbered>,
    taken: Vec<Numbered>,
    buffer: Vec<u8>,
    extents: Vec<Option<Extent>>,
}

impl<P: Publish> Committer<P> {
    /// A committer for `journal` that tells `publish`.
    pub fn new(journal: Arc<Journal>, publish: Arc<P>, start: Start) -> Self {
        Self {
            journal,
            publish,
            active: start.active,
            next_batch: start.next_batch,
            window: start.window,
            backlog: VecDeque::new(),
            taken: Vec::new(),
            buffer: Vec::new(),
            extents: Vec::new(),
        }
    }

    /// Commits until the queue is stopped and empty.
    ///
    /// # Errors
    /// The first failed write or sync. Nothing of that batch was told to anybody, and nothing may be
    /// assumed about it, so the process must end.
    pub fn run(mut self) -> io::Result<()> {
        let result = loop {
            match self.commit_next(HEARTBEAT) {
                Ok(true) => {}
                Ok(false) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.journal.queue.fail();
        result
    }

    /// Commits one batch; false once the queue is stopped and empty.
    ///
    /// # Errors
    /// As [`Committer::run`].
    pub fn commit_next(&mut self, heartbeat: Duration) -> io::Result<bool> {
        if self.backlog.is_empty() && !self.journal.queue.take(&mut self.backlog, self.window, heartbeat) {
            return Ok(false);
        }
        let mut taken = std::mem::take(&mut self.taken);
        let mut bytes = 0;
        while taken.len() < BATCH_RECORDS && bytes < BATCH_BYTES {
            let Some(numbered) = self.backlog.pop_front() else { break };
            bytes += numbered.change.bytes();
            taken.push(numbered);
        }
        self.commit(&taken)?;
        taken.clear();
        self.taken = taken;
        Ok(true)
    }

    /// Writes an empty batch: it marks the start of a run and keeps session time.
    ///
    /// # Errors
    /// As [`Committer::run`].
    pub fn mark(&mut self) -> io::Result<()> {
        self.commit(&[])
    }

    fn commit(&mut self, changes: &[Numbered]) -> io::Result<()> {
        // Before the wait for room: on a full disk that can be long, and the changes are not from then.
        let now_millis = self.publish.now_millis();
        self.encode(changes);
        self.make_room()?;
        self.number(now_millis);
        let started = self.publish.elapsed();
        let offset = self.active.used();
        self.active.file.write_at(&self.buffer, offset)?;
        self.active.file.sync()?;
        self.active.set_used(offset + self.buffer.len() as u64);
        self.next_batch += 1;
        self.publish.batch(changes.len(), self.buffer.len(), self.publish.elapsed().saturating_sub(started));
        for (Numbered { version, change }, extent) in changes.iter().zip(&self.extents) {
            // Offsets were counted from the batch's start; now it has a place.
            let extent = extent.map(|extent| Extent {
                location: Location::at(self.active.head.number, offset + extent.location.offset()),
                ..extent
            });
            self.publish.durable(*version, change, extent);
        }
        *self.journal.published.lock() = Position {
            sequence: self.active.head.sequence,
            offset: self.active.used(),
            next_batch: self.next_batch,
        };
        self.journal.queue.committed(changes);
        self.buffer.shrink_to(BATCH_BYTES);
        Ok(())
    }

    fn encode(&mut self, changes: &[Numbered]) {
        self.buffer.clear();
        self.extents.clear();
        self.buffer.resize(BATCH_HEAD_BYTES, 0);
        for Numbered { version, change } in changes {
            let start = self.buffer.len();
            let head = RecordHead {
                kind: change.kind,
                version: *version,
                epoch: change.epoch,
                hash: change.hash,
                entry: change.entry,
            };
            let content = change.content.as_ref().map(|stored: &Stored| Content {
                key: stored.key(),
                body: stored.body(),
                // Most records are dead before compression would pay; compaction does it for the others.
                compress_from: None,
            });
            let bytes = encode(&mut self.buffer, &head, content);
            self.extents.push((change.kind == Kind::Put).then(|| Extent {
                location: Location::at(0, start as u64),
                length: LengthCode::covering(bytes),
            }));
        }
    }

    /// Makes sure that the batch fits behind what is written, in a new segment if need be.
    fn make_room(&mut self) -> io::Result<()> {
        let needed = self.buffer.len() as u64;
        // The seal always keeps its room.
        if self.active.used() + needed + BATCH_HEAD_BYTES as u64 <= self.active.allocated() {
            return Ok(());
        }
        let next = self.next_segment(needed)?;
        self.seal()?;
        self.active = next;
        Ok(())
    }

    /// Room is reserved before anything is written, so a full disk shows here, where waiting loses nothing.
    fn next_segment(&self, needed: u64) -> io::Result<Arc<Segment>> {
        let needed = needed + BATCH_HEAD_BYTES as u64;
        let fits_spare = needed + SEGMENT_HEAD_BYTES as u64 <= self.journal.segments.segment_bytes();
        loop {
            if fits_spare && let Some(spare) = self.journal.spare.take() {
                // One that was made while this writer made its own: segments are replayed in sequence.
                if spare.head.sequence < self.active.head.sequence {
                    self.journal.segments.delete(&spare)?;
                    continue;
                }
                return Ok(spare);
            }
            // On a full disk what room there is belongs to housekeeping, which makes more of it.
            if !self.journal.spare.disk_is_full() {
                match self.journal.segments.create(Purpose::Journal, needed) {
                    Err(error) if error.kind() == io::ErrorKind::StorageFull => {
                        self.journal.spare.report_full();
                    }
                    // Clients hold them; some will leave.
                    Err(error) if is_out_of_descriptors(&error) => {}
                    done => return done,
                }
            }
            if self.journal.queue.is_stopping() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.journal.spare.want(true);
            self.journal.spare.pause(FULL_DISK_PAUSE);
            self.journal.spare.want(false);
        }
    }

    /// Ends the active segment with a mark that another one follows, so that a missing file is noticed.
    fn seal(&mut self) -> io::Result<()> {
        let offset = self.active.used();
        let seal = BatchHead::seal(self.next_batch, self.publish.now_millis());
        self.active.file.write_at(&seal.encode(self.journal.segments.salt()), offset)?;
        self.active.file.sync()?;
        self.active.set_used(offset + BATCH_HEAD_BYTES as u64);
        self.next_batch += 1;
        if let Err(error) = self.active.finish() {
            tracing::debug!(%error, "a sealed segment keeps its reserved room");
        }
        Ok(())
    }

    /// Fills in the batch's head; its number is known only behind a possible seal.
    fn number(&mut self, now_millis: u64) {
        let record_bytes =
            u32::try_from(self.buffer.len() - BATCH_HEAD_BYTES).expect("bodies are at most 1 GiB");
        let head = BatchHead { number: self.next_batch, now_millis, record_bytes, seal: false };
        self.buffer[..BATCH_HEAD_BYTES].copy_from_slice(&head.encode(self.journal.segments.salt()));
    }
}
