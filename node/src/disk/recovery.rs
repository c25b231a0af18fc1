//! From files to a running store: the checkpoint, then what the journal adds, then a clean edge.
//!
//! Nothing is written before everything was understood. What cannot be understood stops the start
//! with a message; only a torn end, which nobody was told of, is cut.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Position;
use super::checkpoint::{Catalog, Checkpoint, CheckpointError, INDEX_NAME, Identity};
use super::extent::Extent;
use super::record::Record;
use super::scan::{Damage, End, Reading, scan};
use super::segment::{Purpose, SEGMENT_HEAD_BYTES, SUFFIX, SegmentHead, SegmentHeadError};
use super::segments::{Segment, Segments};
use super::volume::{Volume, VolumeFile};

/// Why a data directory cannot be used as it is. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The operating system.
    #[error("reading the data directory: {0}")]
    Io(#[from] std::io::Error),
    /// A journal without an index.
    #[error(
        "the data directory holds journal segments but no {INDEX_NAME}: restore the file, or use another --data-dir"
    )]
    NoIndex,
    /// A file that looks like a segment and is none of this store's.
    #[error("{name} {error}: move it away, or use another --data-dir")]
    Segment {
        /// The file's name.
        name: String,
        /// What is wrong with it.
        error: SegmentHeadError,
    },
    /// A segment that must be there is not.
    #[error(
        "journal segment {name} is missing: restore it, or start with --salvage to go on without the sessions in it"
    )]
    Missing {
        /// The file's name.
        name: String,
    },
    /// A segment cannot be read where it once could.
    #[error(
        "journal segment {name} is damaged {damage}: restore it, or start with --salvage to go on without what cannot be read"
    )]
    Damaged {
        /// The file's name.
        name: String,
        /// Where and how.
        damage: Damage,
    },
}

impl RecoveryError {
    fn damaged(segment: &Segment, damage: Damage) -> Self {
        let name = segment.head.file_name();
        match damage {
            // Whole segments end where batches are missing.
            Damage::Gap { offset } if offset == SEGMENT_HEAD_BYTES as u64 => {
                Self::Missing { name: format!("that comes before {name}") }
            }
            damage => Self::Damaged { name, damage },
        }
    }
}

/// Who builds the index from what is read.
pub trait Rebuild {
    /// The segments that exist; called once, first.
    fn begin(&mut self, identity: Identity, segments: Arc<Segments>);
    /// A shard as of the checkpoint. Returns how many of its sessions lie in segments that are missing.
    fn shard(&mut self, shard: u16, copy: &[u8]) -> u64;
    /// A change made since, with its place if it is a put and the session time of its batch.
    fn replay(&mut self, record: &Record<'_>, extent: Extent, now_millis: u64);
    /// Part of the work that is done, 0 to 1, and sessions so far.
    fn progress(&mut self, part: f64);
}

/// A store as its files say it is.
#[derive(Debug)]
pub struct Recovered {
    /// Who it is.
    pub identity: Identity,
    /// The open checkpoint file.
    pub catalog: Catalog,
    /// Its segments.
    pub segments: Arc<Segments>,
    /// Where the journal goes on; the segment is a new one that has yet to be made.
    pub next_batch: u64,
    /// Session time, in milliseconds, when the store was last heard of.
    pub now_millis: u64,
    /// Newest version that may have been given out.
    pub version: u64,
    /// Whether the last run ended without a clean stop.
    pub unclean: bool,
    /// Changes replayed.
    pub replayed: u64,
    /// Sessions, or changes of sessions, that could not be read (salvage only): damaged, and in missing segments.
    pub lost: Lost,
    /// Whether the store was made by this call.
    pub created: bool,
    /// The newest journal segment if nothing was ever written to it.
    pub reusable: Option<Arc<Segment>>,
    /// Other journal segments without a batch. They go once the next one exists, so that a sealed segment
    /// always has a follower.
    pub empty: Vec<Arc<Segment>>,
    /// The segment in which the last run ended, to be sealed once the next one exists.
    pub unsealed: Option<Arc<Segment>>,
}

/// What a salvaging start had to leave behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Runs of records that could not be read.
    pub corrupt: u64,
    /// Sessions whose segment is missing.
    pub missing: u64,
}

/// How to recover.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Size of new segments.
    pub segment_bytes: u64,
    /// Go on without what is damaged or missing.
    pub salvage: bool,
}

/// Opens the store on `volume`, or makes one with `new_identity` if there is none.
///
/// # Errors
/// [`RecoveryError`], with nothing changed.
pub fn recover(
    volume: &Arc<dyn Volume>,
    settings: Settings,
    new_identity: impl FnOnce() -> Identity,
    rebuild: &mut impl Rebuild,
) -> Result<Recovered, RecoveryError> {
    let names = volume.list()?;
    let has_segments = names.iter().any(|name| name.ends_with(SUFFIX));
    let exists = names.iter().any(|name| name == INDEX_NAME);
    let (catalog, identity) = if exists {
        Catalog::open(volume.as_ref())?
    } else if has_segments {
        return Err(RecoveryError::NoIndex);
    } else {
        let identity = new_identity();
        (Catalog::create(volume.as_ref(), identity)?, identity)
    };
    let checkpoint = catalog.checkpoint()?;
    let listed: BTreeMap<u64, u32> = catalog.segments()?.into_iter().collect();
    let found = find_segments(volume.as_ref(), &names, &identity)?;

    let mut lost = Lost::default();
    for sequence in listed.keys() {
        if !found.segments.contains_key(sequence) && !settings.salvage {
            return Err(RecoveryError::Missing { name: name_of(*sequence) });
        }
    }
    let segments = Arc::new(Segments::new(Arc::clone(volume), identity.id, settings.segment_bytes));
    let mut to_replay = Vec::new();
    let mut leftovers = found.unfinished;
    for (sequence, (head, file)) in &found.segments {
        let replays = head.purpose == Purpose::Journal && *sequence >= checkpoint.position.sequence;
        if replays || listed.contains_key(sequence) {
            let bytes = file.len()?;
            let segment = Arc::new(Segment::new(*head, Arc::clone(file), bytes, bytes));
            segments.adopt(Arc::clone(&segment));
            if replays {
                to_replay.push(segment);
            } else {
                segment.set_finished();
            }
        } else {
            // Copied or emptied, but the checkpoint that would have said so never came.
            leftovers.push(head.file_name());
        }
    }
    rebuild.begin(identity, Arc::clone(&segments));
    let mut missing = 0;
    catalog.each_shard(|shard, copy| missing += rebuild.shard(shard, copy))?;
    lost.missing = missing;

    let mut replay = Replay {
        settings,
        salt: segments.salt(),
        position: checkpoint.position,
        now_millis: checkpoint.now_millis,
        version: checkpoint.version,
        batches: 0,
        records: 0,
        lost_runs: 0,
    };
    let cut = replay.all(&to_replay, rebuild)?;

    // Everything is understood: now the edge may be made clean.
    for name in leftovers {
        volume.remove(&name)?;
    }
    let mut empty = Vec::new();
    let mut reusable = None;
    let mut unsealed = None;
    for (segment, scanned) in to_replay.into_iter().zip(&cut) {
        segment.set_used(scanned.end);
        if scanned.end <= SEGMENT_HEAD_BYTES as u64 {
            // The newest unused one goes on; what a torn batch left behind is not written over.
            empty.extend(reusable.take());
            if scanned.how == End::Unused && segment.allocated() >= settings.segment_bytes {
                reusable = Some(segment);
            } else {
                empty.push(segment);
            }
        } else {
            // Nothing may be written in front of what was written last.
            empty.extend(reusable.take());
            segment.finish()?;
            if scanned.how != End::Sealed {
                segment.file.sync()?;
                unsealed = Some(segment);
            }
        }
    }
    Ok(Recovered {
        identity,
        segments,
        next_batch: replay.position.next_batch,
        now_millis: replay.now_millis,
        version: replay.version,
        unclean: exists && !(checkpoint.clean && replay.batches == 0),
        replayed: replay.records,
        lost: Lost { corrupt: replay.lost_runs, ..lost },
        catalog,
        created: !exists,
        empty,
        reusable,
        unsealed,
    })
}

#[derive(Default)]
struct Found {
    segments: BTreeMap<u64, (SegmentHead, Arc<dyn VolumeFile>)>,
    unfinished: Vec<String>,
}

fn find_segments(volume: &dyn Volume, names: &[String], identity: &Identity) -> Result<Found, RecoveryError> {
    let mut found = Found::default();
    for name in names.iter().filter(|name| name.ends_with(SUFFIX)) {
        let file = volume.open(name)?;
        let mut head = [0; SEGMENT_HEAD_BYTES];
        let length = file.len()?;
        if length >= SEGMENT_HEAD_BYTES as u64 {
            file.read_at(&mut head, 0)?;
        }
        let refused = |error| RecoveryError::Segment { name: name.clone(), error };
        match SegmentHead::decode(&head, &identity.id) {
            Ok(head) if head.file_name() == *name => {
                found.segments.insert(head.sequence, (head, file));
            }
            Ok(_) => return Err(refused(SegmentHeadError::Foreign)),
            // Making a segment was cut off before its head was durable: nothing can be in it.
            Err(SegmentHeadError::Foreign | SegmentHeadError::Damaged)
                if is_our_name(name) && is_unused(file.as_ref())? =>
            {
                found.unfinished.push(name.clone());
            }
            Err(error) => return Err(refused(error)),
        }
    }
    Ok(found)
}

fn is_our_name(name: &str) -> bool {
    name.strip_suffix(SUFFIX).is_some_and(|stem| stem.len() == 16 && u64::from_str_radix(stem, 16).is_ok())
}

fn is_unused(file: &dyn VolumeFile) -> Result<bool, RecoveryError> {
    let Some(rest) = file.data_end()?.checked_sub(SEGMENT_HEAD_BYTES as u64) else { return Ok(true) };
    let mut bytes = vec![0; usize::try_from(rest).unwrap_or(usize::MAX)];
    file.read_at(&mut bytes, SEGMENT_HEAD_BYTES as u64)?;
    Ok(bytes.iter().all(|&byte| byte == 0))
}

struct Replay {
    settings: Settings,
    salt: super::segment::Salt,
    position: Position,
    now_millis: u64,
    version: u64,
    batches: u64,
    records: u64,
    lost_runs: u64,
}

impl Replay {
    /// Replays `segments` in order; returns where each ends.
    fn all(
        &mut self,
        segments: &[Arc<Segment>],
        rebuild: &mut impl Rebuild,
    ) -> Result<Vec<super::scan::Scanned>, RecoveryError> {
        let mut ends = Vec::new();
        let mut sealed = false;
        for (index, segment) in segments.iter().enumerate() {
            let in_memory = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
            // Zeros that are asked for anew cost nothing until they are looked at.
            let mut bytes = vec![0; in_memory(segment.file.len()?)];
            let data_end = in_memory(segment.file.data_end()?).min(bytes.len());
            segment.file.read_at(&mut bytes[..data_end], 0)?;
            let from = if segment.head.sequence == self.position.sequence {
                self.position.offset
            } else {
                SEGMENT_HEAD_BYTES as u64
            };
            let known = self.position.next_batch != 0;
            let reading = Reading {
                salt: self.salt,
                from,
                first_batch: known.then_some(self.position.next_batch),
                data_end,
                salvage: self.settings.salvage,
            };
            let now_millis = Cell::new(self.now_millis);
            let (mut version, mut batches, mut records) = (self.version, 0, 0);
            let scanned = scan(
                &bytes,
                segment.head.number,
                reading,
                |batch| {
                    now_millis.set(now_millis.get().max(batch.now_millis));
                    batches += 1;
                },
                |record, extent| {
                    version = version.max(record.head.version);
                    records += 1;
                    rebuild.replay(record, extent, now_millis.get());
                },
            )
            .map_err(|damage| RecoveryError::damaged(segment, damage))?;
            // A torn end is only an end if nothing was written behind it.
            if scanned.how == End::Torn && has_batches_later(&segments[index + 1..], self.salt)? {
                if !self.settings.salvage {
                    return Err(RecoveryError::damaged(segment, Damage::Unreadable { offset: scanned.end }));
                }
                self.lost_runs += 1;
                self.position.next_batch = 0;
            } else {
                self.position.next_batch = scanned.next_batch;
            }
            (self.now_millis, self.version) = (now_millis.get(), version);
            self.batches += batches;
            self.records += records;
            self.lost_runs += scanned.left_out;
            sealed = scanned.how == End::Sealed;
            ends.push(scanned);
            #[expect(clippy::cast_precision_loss, reason = "a part of the work, for people")]
            rebuild.progress((index + 1) as f64 / segments.len() as f64);
        }
        if sealed && let Some(last) = segments.last() {
            if !self.settings.salvage {
                return Err(RecoveryError::Missing {
                    name: format!("that follows {}", last.head.file_name()),
                });
            }
            self.lost_runs += 1;
        }
        Ok(ends)
    }
}

fn has_batches_later(segments: &[Arc<Segment>], salt: super::segment::Salt) -> Result<bool, RecoveryError> {
    for segment in segments {
        let mut head = [0; super::segment::BATCH_HEAD_BYTES];
        if segment.file.len()? < (SEGMENT_HEAD_BYTES + head.len()) as u64 {
            continue;
        }
        segment.file.read_at(&mut head, SEGMENT_HEAD_BYTES as u64)?;
        if super::segment::BatchHead::decode(&head, salt).is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn name_of(sequence: u64) -> String {
    format!("{sequence:016x}{SUFFIX}")
}

impl Checkpoint {
    /// The checkpoint of a store that ends here and now, with nothing left to replay.
    #[must_use]
    pub fn at(position: Position, now_millis: u64, version: u64, clean: bool) -> Self {
        Self { position, now_millis, version, clean }
    }
}
