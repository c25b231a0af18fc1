//! The disk tier: a journal for the bytes, redb for the index's checkpoint.
//!
//! What happens to sessions is pushed into a [`queue`], made durable in batches by the
//! [`committer`], and found again through the index in memory. Now and then the index is written to
//! redb ([`checkpoint`]), so that a start replays only the journal behind it ([`recovery`]). Live
//! records move out of dying segments in the background ([`compaction`]). `docs/storage.md` has the
//! formats byte by byte and says why each crash is survivable.

pub mod checkpoint;
pub mod committer;
pub mod compaction;
mod extent;
pub mod queue;
pub mod record;
pub mod recovery;
mod redb_backend;
pub mod reserve;
pub mod scan;
pub mod segment;
pub mod segments;
pub mod spare;
pub mod volume;

pub use extent::{Extent, LengthCode, Location, SEGMENT_BYTES_MAX, SEGMENT_NUMBERS, UNIT_BYTES};

/// What the committer, the shards and the housekeeping share of the journal.
#[derive(Debug)]
pub struct Journal {
    /// Changes on their way.
    pub queue: queue::Queue,
    /// Files that hold them.
    pub segments: std::sync::Arc<segments::Segments>,
    /// The next file.
    pub spare: spare::Spare,
    /// Up to here every batch is durable and its places are in the index.
    pub published: parking_lot::Mutex<Position>,
}

/// A place between two batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Sequence of the segment.
    pub sequence: u64,
    /// Offset in it.
    pub offset: u64,
    /// Number of the batch that comes next.
    pub next_batch: u64,
}
