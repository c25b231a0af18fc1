//! Moving the living out of dying segments, in the background and under a budget.
//!
//! Sessions die young: of what a segment holds after a minute or two nearly all was overwritten.
//! The rest is copied, byte for byte, into segments of its own, where sessions of like age die
//! together and whole files are deleted (the separation of Rosenblum and Ousterhout's log-structured
//! file system, 1992). A copy counts only once a checkpoint names it; until then a crash falls back
//! on the original, which is deleted only after that checkpoint.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use super::extent::{Extent, Location};
use super::record::Kind;
use super::scan::{Reading, scan};
use super::segment::{BATCH_HEAD_BYTES, BatchHead, Purpose, SEGMENT_HEAD_BYTES};
use super::segments::{Segment, Segments};

/// One write and one sync per this many bytes moved.
const MOVE_BYTES: usize = 1 << 20;
/// Above this share of living bytes a segment is left alone.
const WORTH_MOVING: f64 = 0.8;
/// The same on a full disk.
const WORTH_MOVING_WHEN_FULL: f64 = 0.95;
/// The journal may be this much larger than the living before anything is moved.
const GARBAGE_TOLERATED: f64 = 1.2;

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
        .filter(|segment| {
            segment.head.sequence < active || segment.head.purpose == Purpose::Compacted
        })
        .filter(|segment| !avoid(segment.head.sequence))
        .filter(|segment| segment.live() > 0 && share(segment) < worth_moving)
        .min_by(|one, other| share(one).total_cmp(&share(other)))
        .cloned()
}

/// The mover and the segment that it fills.
#[derive(Debug, Default)]
pub struct Compactor {
    target: Option<(Arc<Segment>, u64)>,
    /// Sequences of segments that could not be read.
    unreadable: BTreeSet<u64>,
}

impl Compactor {
    /// Whether a segment cannot be emptied: it is the one being filled, or it could not be read.
    #[must_use]
    pub fn avoids(&self, sequence: u64) -> bool {
        self.target
            .as_ref()
            .is_some_and(|(target, _)| target.head.sequence == sequence)
            || self.unreadable.contains(&sequence)
    }

    /// Copies what is wanted out of `victim`, calling `pace` with the bytes of each write, and
    /// returns the bytes moved. Stops early, losing nothing, when `pace` says false.
    ///
    /// # Errors
    /// The volume's. A victim that cannot be read is told, avoided from then on, and no error.
    pub fn empty(
        &mut self,
        victim: &Segment,
        segments: &Segments,
        index: &impl Relocate,
        mut pace: impl FnMut(usize) -> bool,
    ) -> io::Result<u64> {
        let mut bytes = vec![0; usize::try_from(victim.used()).unwrap_or(usize::MAX)];
        victim.file.read_at(&mut bytes, 0)?;
        let mut wanted = Vec::new();
        let reading = Reading {
            salt: segments.salt(),
            from: SEGMENT_HEAD_BYTES as u64,
            first_batch: None,
            salvage: false,
        };
        let scanned = scan(
            &bytes,
            victim.head.number,
            reading,
            |_| {},
            |record, extent| {
                if record.head.kind == Kind::Put && index.wants(record.head.hash, extent) {
                    wanted.push((record.head.hash, extent, record.bytes));
                }
            },
        );
        if scanned.is_err() || scanned.is_ok_and(|scanned| scanned.end < victim.used()) {
            let name = victim.head.file_name();
            tracing::error!(
                segment = name,
                "a segment is damaged: it is kept, and its readable sessions are served"
            );
            self.unreadable.insert(victim.head.sequence);
            return Ok(0);
        }

        let mut moved = 0;
        let mut rest = wanted.as_slice();
        while !rest.is_empty() {
            let mut batch_bytes = 0;
            let count = rest
                .iter()
                .take_while(|(_, _, bytes)| {
                    let before = batch_bytes;
                    batch_bytes += bytes;
                    before == 0 || batch_bytes <= MOVE_BYTES
                })
                .count();
            let (batch, after) = rest.split_at(count);
            let written = self.copy(&bytes, batch, segments, index)?;
            moved += written as u64;
            rest = after;
            if !pace(written) {
                break;
            }
        }
        Ok(moved)
    }

    /// Ends the segment being filled, which gives its unused room back.
    ///
    /// # Errors
    /// The volume's.
    pub fn finish_target(&mut self) -> io::Result<()> {
        self.target
            .take()
            .map_or(Ok(()), |(target, _)| target.finish())
    }

    fn copy(
        &mut self,
        bytes: &[u8],
        batch: &[(u64, Extent, usize)],
        segments: &Segments,
        index: &impl Relocate,
    ) -> io::Result<usize> {
        let record_bytes: usize = batch.iter().map(|(_, _, bytes)| bytes).sum();
        let (target, number) =
            self.target_for(segments, (BATCH_HEAD_BYTES + record_bytes) as u64)?;
        let head = BatchHead {
            number,
            now_millis: 0,
            record_bytes: u32::try_from(record_bytes).expect("a body is at most 1 GiB"),
            seal: false,
        };
        let mut out = Vec::with_capacity(BATCH_HEAD_BYTES + record_bytes);
        out.extend_from_slice(&head.encode(segments.salt()));
        let start = target.used();
        let mut moves = Vec::with_capacity(batch.len());
        for (hash, from, bytes_of_record) in batch {
            let to = Extent {
                location: Location::at(target.head.number, start + out.len() as u64),
                ..*from
            };
            let offset = usize::try_from(from.location.offset()).expect("read into memory");
            out.extend_from_slice(&bytes[offset..offset + bytes_of_record]);
            moves.push((*hash, *from, to));
        }
        target.file.write_at(&out, start)?;
        target.file.sync()?;
        target.set_used(start + out.len() as u64);
        for (hash, from, to) in moves {
            index.relocate(hash, from, to);
        }
        Ok(out.len())
    }

    fn target_for(&mut self, segments: &Segments, bytes: u64) -> io::Result<(Arc<Segment>, u64)> {
        if let Some((target, batches)) = &mut self.target {
            if target.used() + bytes <= target.allocated() {
                *batches += 1;
                return Ok((Arc::clone(target), *batches));
            }
            self.finish_target()?;
        }
        let target = segments.create(Purpose::Compacted, bytes)?;
        self.target = Some((Arc::clone(&target), 1));
        Ok((target, 1))
    }
}
