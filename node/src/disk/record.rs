//! One record of the journal: what happened to one session.
//!
//! ```text
//!  0 crc32c of bytes 4..end   u32    24 deadline, ms     u64
//!  4 stored body bytes        u32    32 locked since, ms u64
//!  8 kind, flags, key bytes   u8 u8 u16   40 key hash    u64
//! 12 body bytes               u32    48 timeout, minutes u32, cookie i32
//! 16 version                  u64    56 epoch            u64
//! 64 key, stored body, zeros up to a multiple of 32
//! ```
//! Little-endian. Times are session time. `docs/storage.md` tells the whole format.

use cloakroom_session::{Entry, Time, Timeout};

use super::extent::UNIT_BYTES;

/// Bytes before the key.
pub const RECORD_HEAD_BYTES: usize = 64;

const UNINITIALISED: u8 = 1;
const LOCKED: u8 = 2;
const LZ4: u8 = 4;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The whole session, with key and body.
    Put,
    /// Deadline, lock, cookie or flag changed.
    Touch,
    /// Deleted, with the key.
    Remove,
    /// Handed over to another node, which has it on disk; nothing of it is remembered here.
    Moved,
}

/// A record without its key and body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordHead {
    /// What happened.
    pub kind: Kind,
    /// Rises with every change that this node makes.
    pub version: u64,
    /// Ring epoch in which the change was decided, on another node if it is a removal heard of from there;
    /// zero while the node is alone.
    pub epoch: u64,
    /// Keyed hash of the session's key.
    pub hash: u64,
    /// Lock and ages after the change.
    pub entry: Entry,
}

/// A decoded record, borrowed from what was read.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Everything but key and body.
    pub head: RecordHead,
    /// Empty but for [`Kind::Put`] and [`Kind::Remove`].
    pub key: &'a [u8],
    stored: &'a [u8],
    body_bytes: usize,
    lz4: bool,
    raw: &'a [u8],
    /// Bytes the record takes, padding included.
    pub bytes: usize,
}

/// Why bytes are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Fewer bytes than the record says it has.
    #[error("the record goes beyond what is there")]
    Short,
    /// The checksum does not fit.
    #[error("the record's checksum does not fit")]
    Checksum,
    /// The checksum fits, but a field has no meaning to this version.
    #[error("the record has an unknown kind or field")]
    Unknown,
    /// The compressed body does not decompress to its length.
    #[error("the record's body does not decompress")]
    Body,
}

/// A put's or remove's content on its way into a record.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// The decoded key.
    pub key: &'a [u8],
    /// The body as the client sent it.
    pub body: &'a [u8],
    /// Bodies of at least this many bytes are compressed, if that saves an eighth; `None` for never.
    pub compress_from: Option<usize>,
}

/// Appends a record and returns its length with padding.
///
/// # Panics
/// If a key is longer than 65,535 or a body longer than 2^32-1 bytes; the request limits are far below.
pub fn encode(out: &mut Vec<u8>, head: &RecordHead, content: Option<Content<'_>>) -> usize {
    let start = out.len();
    out.resize(start + RECORD_HEAD_BYTES, 0);
    let mut flags = if head.entry.uninitialised { UNINITIALISED } else { 0 }
        | if head.entry.locked_since.is_some() { LOCKED } else { 0 };
    let (mut key_bytes, mut body_bytes, mut stored_bytes) = (0, 0, 0);
    if let Some(content) = content {
        out.extend_from_slice(content.key);
        let body_start = out.len();
        if compress(out, content) {
            flags |= LZ4;
        } else {
            out.extend_from_slice(content.body);
        }
        key_bytes = u16::try_from(content.key.len()).expect("a key is shorter than a request head");
        body_bytes = u32::try_from(content.body.len()).expect("a body is at most 1 GiB");
        stored_bytes = u32::try_from(out.len() - body_start).expect("never longer than the body");
    }
    out.resize(start + (out.len() - start).next_multiple_of(UNIT_BYTES), 0);
    let record = &mut out[start..];
    record[4..8].copy_from_slice(&stored_bytes.to_le_bytes());
    record[8] = match head.kind {
        Kind::Put => 1,
        Kind::Touch => 2,
        Kind::Remove => 3,
        Kind::Moved => 4,
    };
    record[9] = flags;
    record[10..12].copy_from_slice(&key_bytes.to_le_bytes());
    record[12..16].copy_from_slice(&body_bytes.to_le_bytes());
    record[16..24].copy_from_slice(&head.version.to_le_bytes());
    record[24..32].copy_from_slice(&head.entry.deadline.as_millis().to_le_bytes());
    let locked_since = head.entry.locked_since.unwrap_or_default();
    record[32..40].copy_from_slice(&locked_since.as_millis().to_le_bytes());
    record[40..48].copy_from_slice(&head.hash.to_le_bytes());
    record[48..52].copy_from_slice(&head.entry.timeout.minutes().to_le_bytes());
    record[52..56].copy_from_slice(&head.entry.cookie.to_le_bytes());
    record[56..64].copy_from_slice(&head.epoch.to_le_bytes());
    let crc = crc32c::crc32c(&record[4..]);
    record[0..4].copy_from_slice(&crc.to_le_bytes());
    record.len()
}

/// Appends the compressed body if that pays; leaves `out` as it was if not.
fn compress(out: &mut Vec<u8>, content: Content<'_>) -> bool {
    if content.compress_from.is_none_or(|threshold| content.body.len() < threshold) {
        return false;
    }
    let start = out.len();
    out.resize(start + lz4_flex::block::get_maximum_output_size(content.body.len()), 0);
    let compressed = lz4_flex::block::compress_into(content.body, &mut out[start..]);
    match compressed {
        Ok(bytes) if bytes <= content.body.len() - content.body.len() / 8 => {
            out.truncate(start + bytes);
            true
        }
        _ => {
            out.truncate(start);
            false
        }
    }
}

/// Reads the record that `bytes` begins with; more may follow it.
///
/// # Errors
/// [`RecordError`]; the caller decides whether that is a torn tail or damage.
pub fn decode(bytes: &[u8]) -> Result<Record<'_>, RecordError> {
    let head = bytes.first_chunk::<RECORD_HEAD_BYTES>().ok_or(RecordError::Short)?;
    let stored_bytes = u32_at(head, 4) as usize;
    let key_bytes = usize::from(u16::from_le_bytes([head[10], head[11]]));
    let content_end = RECORD_HEAD_BYTES + key_bytes + stored_bytes;
    let end = content_end.next_multiple_of(UNIT_BYTES);
    let record = bytes.get(..end).ok_or(RecordError::Short)?;
    if crc32c::crc32c(&record[4..]) != u32_at(head, 0) {
        return Err(RecordError::Checksum);
    }
    let kind = match head[8] {
        1 => Kind::Put,
        2 => Kind::Touch,
        3 => Kind::Remove,
        4 => Kind::Moved,
        _ => return Err(RecordError::Unknown),
    };
    let flags = head[9];
    if flags & !(UNINITIALISED | LOCKED | LZ4) != 0 {
        return Err(RecordError::Unknown);
    }
    Ok(Record {
        head: RecordHead {
            kind,
            version: u64_at(head, 16),
            epoch: u64_at(head, 56),
            hash: u64_at(head, 40),
            entry: Entry {
                timeout: Timeout::from_minutes(u32_at(head, 48)).map_err(|_| RecordError::Unknown)?,
                uninitialised: flags & UNINITIALISED != 0,
                cookie: u32_at(head, 52).cast_signed(),
                locked_since: (flags & LOCKED != 0).then(|| Time::from_millis(u64_at(head, 32))),
                deadline: Time::from_millis(u64_at(head, 24)),
            },
        },
        key: &record[RECORD_HEAD_BYTES..RECORD_HEAD_BYTES + key_bytes],
        stored: &record[RECORD_HEAD_BYTES + key_bytes..content_end],
        body_bytes: u32_at(head, 12) as usize,
        lz4: flags & LZ4 != 0,
        raw: record,
        bytes: end,
    })
}

/// What a record says of itself before its checksum was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peeked {
    /// Whether it is a [`Kind::Put`].
    pub is_put: bool,
    /// Keyed hash of the session's key.
    pub hash: u64,
    /// Bytes the record takes, padding included.
    pub bytes: usize,
}

/// Looks at the record that `bytes` begins with; `None` if it would go beyond them.
#[must_use]
pub fn peek(bytes: &[u8]) -> Option<Peeked> {
    let head = bytes.first_chunk::<RECORD_HEAD_BYTES>()?;
    let key_bytes = usize::from(u16::from_le_bytes([head[10], head[11]]));
    let content_end = RECORD_HEAD_BYTES + key_bytes + u32_at(head, 4) as usize;
    let record_bytes = content_end.next_multiple_of(UNIT_BYTES);
    (record_bytes <= bytes.len()).then(|| Peeked {
        is_put: head[8] == 1,
        hash: u64_at(head, 40),
        bytes: record_bytes,
    })
}

/// What the first bytes of a record say, before its checksum was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Front<'a> {
    /// The key of a put or a remove.
    pub key: &'a [u8],
    /// Bytes of the body as the client sent it.
    pub body_bytes: u64,
}

/// Looks at the record that `front` begins with.
///
/// # Errors
/// As many bytes as it takes to see its key.
pub fn peek_front(front: &[u8]) -> Result<Front<'_>, usize> {
    let (head, rest) = front.split_first_chunk::<RECORD_HEAD_BYTES>().ok_or(RECORD_HEAD_BYTES)?;
    let key_bytes = usize::from(u16::from_le_bytes([head[10], head[11]]));
    let key = rest.get(..key_bytes).ok_or(RECORD_HEAD_BYTES + key_bytes)?;
    Ok(Front { key, body_bytes: u64::from(u32_at(head, 12)) })
}

impl Record<'_> {
    /// Appends this put to `out`, with a body of at least `compress_from` bytes compressed unless it is
    /// already; returns its length there.
    pub fn copy_into(&self, out: &mut Vec<u8>, compress_from: Option<usize>) -> usize {
        if self.lz4 || compress_from.is_none_or(|threshold| self.stored.len() < threshold) {
            out.extend_from_slice(self.raw);
            return self.raw.len();
        }
        encode(out, &self.head, Some(Content { key: self.key, body: self.stored, compress_from }))
    }

    /// Writes key and body behind one another into `joined`, which it clears first.
    ///
    /// # Errors
    /// [`RecordError::Body`] if a compressed body is not what it says.
    pub fn join_into(&self, joined: &mut Vec<u8>) -> Result<(), RecordError> {
        joined.clear();
        joined.extend_from_slice(self.key);
        if !self.lz4 {
            joined.extend_from_slice(self.stored);
            return Ok(());
        }
        joined.resize(self.key.len() + self.body_bytes, 0);
        let written = lz4_flex::block::decompress_into(self.stored, &mut joined[self.key.len()..]);
        if written.is_ok_and(|bytes| bytes == self.body_bytes) { Ok(()) } else { Err(RecordError::Body) }
    }
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

#[cfg(test)]
mod tests {
    use cloakroom_session::{Entry, Time, Timeout};
    use proptest::prelude::*;

    use super::{Content, Kind, RecordError, RecordHead, decode, encode};

    fn head(kind: Kind) -> RecordHead {
        RecordHead {
            kind,
            version: 7,
            epoch: 3,
            hash: 0xfeed_beef,
            entry: Entry {
                timeout: Timeout::DEFAULT,
                uninitialised: false,
                cookie: -1,
                locked_since: Some(Time::from_millis(5)),
                deadline: Time::from_millis(1_200_000),
            },
        }
    }

    proptest! {
        #[test]
        fn a_put_comes_back_whole(
            key in proptest::collection::vec(any::<u8>(), 0..200),
            body in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..3000),
                proptest::collection::vec(0u8..4, 0..20_000),
            ],
            compress in any::<bool>(),
        ) {
            let mut out = vec![9; 32];
            let content = Content { key: &key, body: &body, compress_from: compress.then_some(1024) };
            let bytes = encode(&mut out, &head(Kind::Put), Some(content));
            prop_assert_eq!(out.len(), 32 + bytes);
            out.extend_from_slice(&[1; 64]);
            let record = decode(&out[32..]).unwrap();
            prop_assert_eq!((record.head, record.key, record.bytes), (head(Kind::Put), &key[..], bytes));
            let mut joined = Vec::new();
            record.join_into(&mut joined).unwrap();
            prop_assert_eq!(&joined[..key.len()], &key[..]);
            prop_assert_eq!(&joined[key.len()..], &body[..]);
        }

        #[test]
        fn a_flipped_bit_is_seen(body in proptest::collection::vec(0u8..4, 0..3000), at in any::<prop::sample::Index>()) {
            let mut out = Vec::new();
            encode(&mut out, &head(Kind::Put), Some(Content { key: b"k", body: &body, compress_from: Some(512) }));
            let bit = at.index(out.len() * 8);
            out[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(matches!(decode(&out), Err(RecordError::Checksum | RecordError::Short)));
        }
    }

    #[test]
    fn a_touch_takes_64_bytes() {
        let mut out = Vec::new();
        assert_eq!(encode(&mut out, &head(Kind::Touch), None), 64);
        assert_eq!(decode(&out).unwrap().head, head(Kind::Touch));
        assert_eq!(decode(&out[..63]).unwrap_err(), RecordError::Short);
    }
}
