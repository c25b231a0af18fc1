//! Segment files: their names, their heads, and the batches inside.
//!
//! A segment begins with a head of 64 bytes that names the store it belongs to. A *journal* segment
//! goes on with batches, each one write and one sync: a batch head of 32 bytes, then its records. A
//! *compacted* segment holds batches of records that were copied from older segments.

use super::extent::UNIT_BYTES;
use super::record::{u32_at, u64_at};

/// Bytes before the first batch.
pub const SEGMENT_HEAD_BYTES: usize = 64;
/// Bytes before a batch's first record.
pub const BATCH_HEAD_BYTES: usize = UNIT_BYTES;
/// Version of segments, batches and records.
pub const FORMAT: u32 = 1;
/// How segment files end.
pub const SUFFIX: &str = ".journal";

const SEGMENT_MAGIC: [u8; 8] = *b"CLOAKJNL";
const BATCH_MAGIC: u32 = u32::from_le_bytes(*b"BtCh");

/// What a segment holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// What happened, in order; replayed after a crash.
    Journal,
    /// Live records moved out of dying segments; found through the index only.
    Compacted,
}

/// A segment's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHead {
    /// What it holds.
    pub purpose: Purpose,
    /// How the index names it while it exists.
    pub number: u32,
    /// Its place in history, never used again.
    pub sequence: u64,
    /// The store it belongs to.
    pub identity: [u8; 16],
}

/// Why a file is not one of this store's segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SegmentHeadError {
    /// Not made by this software.
    #[error("is not a segment of a session journal")]
    Foreign,
    /// Made by this software, but the head is damaged.
    #[error("has a damaged head")]
    Damaged,
    /// Made by a later version.
    #[error("has format {0}, and this version reads formats up to {FORMAT}")]
    Newer(u32),
    /// Belongs to another data directory.
    #[error("belongs to another data directory")]
    OtherStore,
}

impl SegmentHead {
    /// The name of the segment's file.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{:016x}{SUFFIX}", self.sequence)
    }

    /// The head's bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; SEGMENT_HEAD_BYTES] {
        let mut head = [0; SEGMENT_HEAD_BYTES];
        head[0..8].copy_from_slice(&SEGMENT_MAGIC);
        head[8..12].copy_from_slice(&FORMAT.to_le_bytes());
        head[12..16].copy_from_slice(&self.number.to_le_bytes());
        head[16..24].copy_from_slice(&self.sequence.to_le_bytes());
        head[24..40].copy_from_slice(&self.identity);
        head[40] = match self.purpose {
            Purpose::Journal => 0,
            Purpose::Compacted => 1,
        };
        let crc = crc32c::crc32c(&head[..60]);
        head[60..64].copy_from_slice(&crc.to_le_bytes());
        head
    }

    /// Reads a head and checks that it belongs to the store `identity`.
    ///
    /// # Errors
    /// [`SegmentHeadError`].
    pub fn decode(head: &[u8; SEGMENT_HEAD_BYTES], identity: &[u8; 16]) -> Result<Self, SegmentHeadError> {
        if head[0..8] != SEGMENT_MAGIC {
            return Err(SegmentHeadError::Foreign);
        }
        let format = u32_at(head, 8);
        // Before the checksum, since a later version may place that elsewhere.
        if format > FORMAT {
            return Err(SegmentHeadError::Newer(format));
        }
        if crc32c::crc32c(&head[..60]) != u32_at(head, 60) {
            return Err(SegmentHeadError::Damaged);
        }
        if head[24..40] != *identity {
            return Err(SegmentHeadError::OtherStore);
        }
        Ok(Self {
            purpose: match head[40] {
                0 => Purpose::Journal,
                1 => Purpose::Compacted,
                _ => return Err(SegmentHeadError::Damaged),
            },
            number: u32_at(head, 12),
            sequence: u64_at(head, 16),
            identity: *identity,
        })
    }
}

/// The part of a store's identity that goes into the checksums of its batch heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Salt(u32);

impl Salt {
    /// The salt of the store `identity`.
    #[must_use]
    pub fn of(identity: &[u8; 16]) -> Self {
        Self(crc32c::crc32c(identity))
    }
}

/// A batch's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHead {
    /// Rises by one from batch to batch, across segments.
    pub number: u64,
    /// Session time when the batch was written, in milliseconds.
    pub now_millis: u64,
    /// Bytes of records that follow.
    pub record_bytes: u32,
    /// The segment ends here and another one follows, so its absence is damage.
    pub seal: bool,
}

impl BatchHead {
    /// The last batch of a full segment.
    #[must_use]
    pub fn seal(number: u64, now_millis: u64) -> Self {
        Self { number, now_millis, record_bytes: 0, seal: true }
    }

    /// The head's bytes. `salt` keeps a client from writing a body that looks like a batch.
    #[must_use]
    pub fn encode(&self, salt: Salt) -> [u8; BATCH_HEAD_BYTES] {
        let mut head = [0; BATCH_HEAD_BYTES];
        head[0..4].copy_from_slice(&BATCH_MAGIC.to_le_bytes());
        head[8..16].copy_from_slice(&self.number.to_le_bytes());
        head[16..24].copy_from_slice(&self.now_millis.to_le_bytes());
        head[24..28].copy_from_slice(&self.record_bytes.to_le_bytes());
        head[28] = u8::from(self.seal);
        let crc = crc32c::crc32c_append(salt.0, &head[8..]);
        head[4..8].copy_from_slice(&crc.to_le_bytes());
        head
    }

    /// Reads a head; `None` if these bytes are none.
    #[must_use]
    pub fn decode(head: &[u8], salt: Salt) -> Option<Self> {
        let head = head.first_chunk::<BATCH_HEAD_BYTES>()?;
        if u32_at(head, 0) != BATCH_MAGIC || crc32c::crc32c_append(salt.0, &head[8..]) != u32_at(head, 4) {
            return None;
        }
        Some(Self {
            number: u64_at(head, 8),
            now_millis: u64_at(head, 16),
            record_bytes: u32_at(head, 24),
            seal: head[28] != 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{BatchHead, Purpose, Salt, SegmentHead, SegmentHeadError};

    const HEAD: SegmentHead =
        SegmentHead { purpose: Purpose::Compacted, number: 5, sequence: 0x1234, identity: [7; 16] };

    const SALT: Salt = Salt(77);

    #[test]
    fn heads_come_back() {
        assert_eq!(SegmentHead::decode(&HEAD.encode(), &[7; 16]), Ok(HEAD));
        assert_eq!(HEAD.file_name(), "0000000000001234.journal");
        let batch = BatchHead { number: 9, now_millis: 11, record_bytes: 64, seal: false };
        assert_eq!(BatchHead::decode(&batch.encode(SALT), SALT), Some(batch));
        assert_eq!(BatchHead::decode(&batch.encode(SALT), Salt::of(&[8; 16])), None);
    }

    #[test]
    fn what_is_not_ours_is_named() {
        let mut newer = HEAD.encode();
        newer[8] = 2;
        let mut damaged = HEAD.encode();
        damaged[20] ^= 1;
        let cases = [
            ([0; 64], SegmentHeadError::Foreign),
            (newer, SegmentHeadError::Newer(2)),
            (damaged, SegmentHeadError::Damaged),
            (SegmentHead { identity: [8; 16], ..HEAD }.encode(), SegmentHeadError::OtherStore),
        ];
        for (bytes, expected) in cases {
            assert_eq!(SegmentHead::decode(&bytes, &[7; 16]), Err(expected));
        }
        let mut batch = BatchHead { number: 9, now_millis: 11, record_bytes: 64, seal: false }.encode(SALT);
        batch[10] ^= 1;
        assert_eq!(BatchHead::decode(&batch, SALT), None);
    }
}
