//! Moving the living out of dying segments, in the background and under a budget.
//!
//! Sessions die young: of what a segment holds after a minute or two nearly all was overwritten.
//! The rest is copied, and compressed on the way, into segments of its own, where sessions of like age die
//! together and whole files are deleted (the separation of Rosenblum and Ousterhout's log-structured
//! file system, 1992). A copy counts only once a checkpoint names it; until then a crash falls back
//! on the original, which is deleted only after that checkpoint.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use super::extent::{Extent, LengthCode, Location};
use super::record::{decode, peek};
use super::segment::{BATCH_HEAD_BYTES, BatchHead, Purpose, SEGMENT_HEAD_BYTES, Salt};
use super::segments::{Segment, Segments};

/// One write and one sync per this many bytes moved.
const MOVE_BYTES: usize = 1 << 20;
/// Bytes that are only looked at count for a fourth of those that are moved.
const LOOKING_IS_CHEAPER: usize = 4;
/// Above this share of living bytes a segment is left alone.
const WORTH_MOVING: f64 = 0.8;
/// Below this a move gains nothing but heads.
const GAIN_BYTES_MIN: u64 = 4096;
/// The same on a full disk.
const WORTH_MOVING_WHEN_FULL: f64 = 0.95;
/// The journal may be this much larger than the living before anything is moved.
const GARBAGE_TOLERATED: f64 = 1.25;

/// Who knows which records are still wanted.
pub trait Relocate {
    /// Whether the record at `extent` is the session's current one.
    fn wants(&self, hash: u64, extent: Extent) -> bool;

    /// The record was copied, durably. Points the session at the copy, unless it has changed since.
    fn relocate(&self, hash: u64, from: Extent, to: Extent);
}

/// Sums over all segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Segments.
    pub segments: u64,
    /// Bytes written.
    pub used: u64,
    /// Bytes of records that are wanted.
    pub live: u64,
}

impl Usage {
    /// Adds up `segments`.
    #[must_use]
    pub fn of(segments: &[Arc<Segment>]) -> Self {
        segments.iter().fold(Self::default(), |sum, segment| Self {
            segments: sum.segments + 1,
            used: sum.used + segment.used(),
            live: sum.live + segment.live().min(segment.used()),
        })
    }
}

/// How much garbage is worth moving for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Garbage {
    /// More than a share of the living and so many bytes, below which a small store would only stir its
    /// own dust.
    Above(u64),
    /// Whatever there is: the disk is full.
    Any,
}

/// The segment that is best emptied now: the one with the smallest living share among those written
/// before `active` that need not be avoided.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "shares of byte counts")]
pub fn choose(
    segments: &[Arc<Segment>],
    garbage: Garbage,
    active: u64,
    avoid: impl Fn(u64) -> bool,
) -> Option<Arc<Segment>> {
    let usage = Usage::of(segments);
    let worth_moving = match garbage {
        Garbage::Above(bytes)
            if (usage.used as f64) < usage.live as f64 * GARBAGE_TOLERATED + bytes as f64 =>
        {
            return None;
        }
        Garbage::Above(_) => WORTH_MOVING,
        Garbage::Any => WORTH_MOVING_WHEN_FULL,
    };
    let share = |segment: &Segment| segment.live() as f64 / segment.used() as f64;
    segments
        .iter()
        .filter(|segment| segment.head.sequence < active || segment.head.purpose == Purpose::Compacted)
        .filter(|segment| !avoid(segment.head.sequence))
        .filter(|segment| segment.live() > 0 && share(segment) < worth_moving)
        .filter(|segment| segment.used().saturating_sub(segment.live()) >= GAIN_BYTES_MIN)
        .min_by(|one, other| share(one).total_cmp(&share(other)))
        .cloned()
}

/// The mover and the segment that it fills.
#[derive(Debug)]
pub struct Compactor {
    target: Option<(Arc<Segment>, u64)>,
    /// Sequences of segments that could not be read.
    unreadable: BTreeSet<u64>,
    compress_from: Option<usize>,
    /// Why it moves now: on a full disk a copy takes no more room than it needs.
    garbage: Garbage,
    /// The batch being read.
    batch: Vec<u8>,
    selected: Selected,
}

/// Records on their way.
#[derive(Debug, Default)]
struct Selected {
    records: Vec<u8>,
    moves: Vec<Move>,
}

#[derive(Debug)]
struct Move {
    hash: u64,
    from: Extent,
    /// Where the copy lies in [`Selected::records`].
    offset: usize,
    bytes: usize,
}

impl Selected {
    fn clear(&mut self) {
        self.records.clear();
        self.records.shrink_to(2 * MOVE_BYTES);
        self.moves.clear();
    }
}

impl Compactor {
    /// A mover that compresses bodies of at least `compress_from` bytes; `None` for never.
    #[must_use]
    pub fn new(compress_from: Option<usize>) -> Self {
        Self {
            target: None,
            unreadable: BTreeSet::new(),
            compress_from,
            garbage: Garbage::Any,
            batch: Vec::new(),
            selected: Selected::default(),
        }
    }

    /// Whether a segment cannot be emptied: it is the one being filled, or it could not be read.
    #[must_use]
    pub fn avoids(&self, sequence: u64) -> bool {
        self.target.as_ref().is_some_and(|(target, _)| target.head.sequence == sequence)
            || self.unreadable.contains(&sequence)
    }

    /// Copies what is wanted out of `victim`, calling `pace` with the bytes of each write and a share of
    /// those looked at, and returns the bytes moved. Stops early, losing nothing, when `pace` says false.
    ///
    /// # Errors
    /// The volume's. A victim that cannot be read is told, avoided from then on, and no error.
    pub fn empty(
        &mut self,
        victim: &Segment,
        segments: &Segments,
        index: &impl Relocate,
        garbage: Garbage,
        mut pace: impl FnMut(usize) -> bool,
    ) -> io::Result<u64> {
        self.garbage = garbage;
        let mut moved = 0;
        let mut offset = SEGMENT_HEAD_BYTES as u64;
        let mut complete = false;
        self.selected.clear();
        while offset < victim.used() {
            let Some(end) = self.select(victim, offset, segments.salt(), index) else {
                complete = true;
                break;
            };
            // Looking through the dead costs as well, though less than moving.
            let looked_at = usize::try_from(end - offset).unwrap_or(usize::MAX);
            offset = end;
            complete = offset >= victim.used();
            if !pace(looked_at / LOOKING_IS_CHEAPER) {
                break;
            }
            if self.selected.records.len() >= MOVE_BYTES {
                let written = self.write(segments, index)?;
                moved += written as u64;
                if !pace(written) {
                    return Ok(moved);
                }
            }
        }
        if !self.selected.moves.is_empty() {
            let written = self.write(segments, index)?;
            moved += written as u64;
            pace(written);
        }
        if complete && victim.live() > 0 {
            let name = victim.head.file_name();
            tracing::error!(
                segment = name,
                offset,
                "a segment is damaged: it is kept, and what can be read is served"
            );
            self.unreadable.insert(victim.head.sequence);
        }
        Ok(moved)
    }

    /// Copies what is wanted of the batch at `offset` behind what was selected before; returns where the
    /// next batch begins, `None` if this one cannot be read.
    fn select(&mut self, victim: &Segment, offset: u64, salt: Salt, index: &impl Relocate) -> Option<u64> {
        let mut head = [0; BATCH_HEAD_BYTES];
        // A bad sector is the victim's own trouble: it is avoided, and the node goes on.
        if victim.file.read_at(&mut head, offset).is_err() {
            return None;
        }
        let head = BatchHead::decode(&head, salt)?;
        let start = offset + BATCH_HEAD_BYTES as u64;
        let end = start + u64::from(head.record_bytes);
        if end > victim.used() {
            return None;
        }
        self.batch.resize(head.record_bytes as usize, 0);
        if victim.file.read_at(&mut self.batch, start).is_err() {
            return None;
        }
        let mut at = 0;
        while at < self.batch.len() {
            let rest = &self.batch[at..];
            // Most records are dead, and the dead need no checksum: a wrong length shows at the next one.
            let peeked = peek(rest)?;
            let from = Extent {
                location: Location::at(victim.head.number, start + at as u64),
                length: LengthCode::covering(peeked.bytes),
            };
            if peeked.is_put && index.wants(peeked.hash, from) {
                let Ok(record) = decode(rest) else { return None };
                let Selected { records, moves } = &mut self.selected;
                let offset = records.len();
                let bytes = record.copy_into(records, self.compress_from);
                moves.push(Move { hash: peeked.hash, from, offset, bytes });
            }
            at += peeked.bytes;
        }
        Some(end)
    }

    /// Writes what was selected as one batch, and points its sessions there.
    fn write(&mut self, segments: &Segments, index: &impl Relocate) -> io::Result<usize> {
        let bytes = BATCH_HEAD_BYTES + self.selected.records.len();
        let (target, number) = self.target_for(segments, bytes as u64)?;
        let record_bytes = u32::try_from(self.selected.records.len()).expect("a body is at most 1 GiB");
        let head = BatchHead { number, now_millis: 0, record_bytes, seal: false };
        let start = target.used();
        target.file.write_at(&head.encode(segments.salt()), start)?;
        target.file.write_at(&self.selected.records, start + BATCH_HEAD_BYTES as u64)?;
        target.file.sync()?;
        target.set_used(start + bytes as u64);
        for moved in &self.selected.moves {
            let location = Location::at(target.head.number, start + (BATCH_HEAD_BYTES + moved.offset) as u64);
            let to = Extent { location, length: LengthCode::covering(moved.bytes) };
            index.relocate(moved.hash, moved.from, to);
        }
        self.selected.clear();
        self.batch.shrink_to(2 * MOVE_BYTES);
        Ok(bytes)
    }

    /// Ends the segment being filled, which gives its unused room back.
    ///
    /// # Errors
    /// The volume's.
    pub fn finish_target(&mut self) -> io::Result<()> {
        self.target.take().map_or(Ok(()), |(target, _)| target.finish())
    }

    fn target_for(&mut self, segments: &Segments, bytes: u64) -> io::Result<(Arc<Segment>, u64)> {
        if let Some((target, batches)) = &mut self.target {
            if target.used() + bytes <= target.allocated() {
                *batches += 1;
                return Ok((Arc::clone(target), *batches));
            }
            self.finish_target()?;
        }
        let target = match self.garbage {
            Garbage::Above(_) => segments.create(Purpose::Compacted, bytes)?,
            Garbage::Any => segments.create_exact(Purpose::Compacted, SEGMENT_HEAD_BYTES as u64 + bytes)?,
        };
        self.target = Some((Arc::clone(&target), 1));
        Ok((target, 1))
    }
}
