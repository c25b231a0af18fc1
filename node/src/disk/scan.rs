//! Reading a segment's batches, and telling a torn end from damage.
//!
//! Batches are written one at a time, each synced before the next. So a batch that cannot be read is
//! the torn end of the journal if nothing valid follows it, and nobody was ever told of it. If
//! something valid follows, it was durable once: that is damage, and what it held may be lost.

use super::extent::{Extent, LengthCode, Location, UNIT_BYTES};
use super::record::{Record, RecordError, decode};
use super::segment::{BATCH_HEAD_BYTES, BatchHead, Salt};

/// How the valid part of a segment ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With a mark that another segment follows.
    Sealed,
    /// With unused room.
    Unused,
    /// With a batch that was never completed.
    Torn,
}

/// A segment's valid part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scanned {
    /// Offset behind the last valid batch.
    pub end: u64,
    /// How it ends.
    pub how: End,
    /// Number of the batch that would come next.
    pub next_batch: u64,
    /// Runs of bytes that could not be read and were left out.
    pub left_out: u64,
}

/// Bytes that were durable once and cannot be read any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// A batch cannot be read although later ones can.
    #[error("at byte {offset}: a batch cannot be read although later ones can")]
    Unreadable {
        /// Where it begins.
        offset: u64,
    },
    /// Batches that came before a readable one are not there.
    #[error("at byte {offset}: batches are missing before this one")]
    Gap {
        /// Where the readable one begins.
        offset: u64,
    },
}

/// How to read.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The store's salt.
    pub salt: Salt,
    /// Offset of the first batch.
    pub from: u64,
    /// Its number; `None` to take what comes.
    pub first_batch: Option<u64>,
    /// Behind this there are only zeros.
    pub data_end: usize,
    /// Leave out what is damaged instead of stopping.
    pub salvage: bool,
}

/// Reads the batches of `segment` (a file's bytes) and shows each batch's head, then each record with its place.
///
/// # Errors
/// [`Damage`], unless told to salvage.
pub fn scan(
    segment: &[u8],
    number: u32,
    reading: Reading,
    mut batch: impl FnMut(&BatchHead),
    mut record: impl FnMut(&Record<'_>, Extent),
) -> Result<Scanned, Damage> {
    let written = written_end(&segment[..reading.data_end]);
    let mut at = usize::try_from(reading.from).unwrap_or(usize::MAX).min(segment.len());
    let mut expected = reading.first_batch;
    let mut left_out = 0;
    let mut records = Vec::new();
    loop {
        let head = BatchHead::decode(&segment[at..], reading.salt);
        let whole = head.is_some_and(|head| read_records(segment, at, &head, &mut records).is_ok());
        match head {
            Some(head) if whole && expected.is_none_or(|expected| head.number == expected) => {
                batch(&head);
                for (offset, read) in &records {
                    let location = Location::at(number, *offset as u64);
                    record(read, Extent { location, length: LengthCode::covering(read.bytes) });
                }
                at += BATCH_HEAD_BYTES + head.record_bytes as usize;
                expected = Some(head.number + 1);
                if head.seal {
                    return Ok(Scanned {
                        end: at as u64,
                        how: End::Sealed,
                        next_batch: head.number + 1,
                        left_out,
                    });
                }
                continue;
            }
            // A valid batch with another number is no torn end.
            Some(_) if whole => {
                if !reading.salvage {
                    return Err(Damage::Gap { offset: at as u64 });
                }
                expected = None;
                left_out += 1;
                continue;
            }
            _ => {}
        }
        let later = later_batch(&segment[..written], at, reading.salt);
        let Some(later) = later else {
            let how = if at >= written { End::Unused } else { End::Torn };
            return Ok(Scanned { end: at as u64, how, next_batch: expected.unwrap_or(0), left_out });
        };
        if !reading.salvage {
            return Err(Damage::Unreadable { offset: at as u64 });
        }
        left_out += salvage(segment, at, later, number, &mut record);
        at = later;
        expected = None;
    }
}

/// The end of what is not zero, to within a page: reserved room is long and compared fastest in bulk.
fn written_end(segment: &[u8]) -> usize {
    const PAGE: [u8; 4096] = [0; 4096];
    let mut end = segment.len();
    while end > 0 {
        let start = end.saturating_sub(PAGE.len());
        if segment[start..end] != PAGE[..end - start] {
            break;
        }
        end = start;
    }
    segment[..end].iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1)
}

/// All records of the batch at `at`, with their offsets.
fn read_records<'a>(
    segment: &'a [u8],
    at: usize,
    head: &BatchHead,
    records: &mut Vec<(usize, Record<'a>)>,
) -> Result<(), RecordError> {
    records.clear();
    let mut offset = at + BATCH_HEAD_BYTES;
    let end = offset + head.record_bytes as usize;
    let batch = segment.get(..end).ok_or(RecordError::Short)?;
    while offset < end {
        let record = decode(&batch[offset..])?;
        records.push((offset, record));
        offset += record.bytes;
    }
    Ok(())
}

/// Where the next batch head behind the one at `at` begins.
fn later_batch(segment: &[u8], at: usize, salt: Salt) -> Option<usize> {
    let mut offset = at + UNIT_BYTES;
    while offset < segment.len() {
        if BatchHead::decode(&segment[offset..], salt).is_some() {
            return Some(offset);
        }
        offset += UNIT_BYTES;
    }
    None
}

/// Shows every record between `at` and `end` that can still be read; returns how many runs cannot.
fn salvage(
    segment: &[u8],
    at: usize,
    end: usize,
    number: u32,
    record: &mut impl FnMut(&Record<'_>, Extent),
) -> u64 {
    let mut offset = at + BATCH_HEAD_BYTES;
    let mut gaps = 0;
    let mut in_gap = false;
    while offset < end {
        match decode(&segment[offset..end]) {
            Ok(read) => {
                let location = Location::at(number, offset as u64);
                record(&read, Extent { location, length: LengthCode::covering(read.bytes) });
                offset += read.bytes;
                in_gap = false;
            }
            Err(_) => {
                gaps += u64::from(!in_gap);
                in_gap = true;
                offset += UNIT_BYTES;
            }
        }
    }
    gaps.max(1)
}
