//! The raw bytes of messages: where each puts its key, content or ring.

use super::Fault;
use super::parcel;
use crate::peers::limits::KEY_BYTES;
use crate::peers::message::{Ask, Reply};
use crate::store::{Held, Stored};

/// Takes the raw bytes of a message, in order.
pub(super) trait Sink {
    /// Bytes that exist only for the message.
    fn bytes(&mut self, bytes: &[u8]);
    /// Key and content of a session.
    fn stored(&mut self, stored: &Stored);
}

/// What has raw bytes.
pub(crate) trait Raw {
    /// Hands all of them to `sink`.
    fn lay_out(&self, sink: &mut impl Sink);
}

impl Raw for Ask {
    fn lay_out(&self, sink: &mut impl Sink) {
        match self {
            Self::Beacon { .. } => {}
            Self::Adopt(ring) => sink.bytes(ring.to_json().as_bytes()),
            Self::Forward(forward) => sink.stored(&forward.subject),
            Self::Take { key } => sink.bytes(key),
            Self::Push(parcels) => parcel::lay_out(parcels, sink),
        }
    }
}

impl Raw for Reply {
    fn lay_out(&self, sink: &mut impl Sink) {
        match self {
            Self::Forwarded { body: Some(stored), .. } => sink.stored(stored),
            Self::Held(Held::Row(row)) => sink.stored(&row.content),
            Self::Stale(ring) => sink.bytes(ring.to_json().as_bytes()),
            Self::Beacon { .. }
            | Self::Adopted
            | Self::Forwarded { body: None, .. }
            | Self::Held(Held::Tombstone { .. } | Held::Nothing)
            | Self::Pushed
            | Self::Behind
            | Self::Retry { .. }
            | Self::Unavailable => {}
        }
    }
}

/// Copies.
impl Sink for Vec<u8> {
    fn bytes(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn stored(&mut self, stored: &Stored) {
        self.extend_from_slice(stored.joined());
    }
}

/// Counts only.
#[derive(Default)]
pub(super) struct Count(pub(super) usize);

impl Sink for Count {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }

    fn stored(&mut self, stored: &Stored) {
        self.0 += stored.joined().len();
    }
}

/// Raw bytes of a message that travels in parts. Contents stay where they are, shared.
#[derive(Debug, Default)]
pub(super) struct Chunks(Vec<Chunk>);

#[derive(Debug)]
enum Chunk {
    Bytes(Vec<u8>),
    Stored(Stored),
}

impl Sink for Chunks {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.push(Chunk::Bytes(bytes.to_vec()));
    }

    fn stored(&mut self, stored: &Stored) {
        self.0.push(Chunk::Stored(stored.clone()));
    }
}

impl Chunks {
    /// Appends the bytes `from..to` of all chunks together to `out`.
    pub(super) fn copy(&self, from: usize, to: usize, out: &mut Vec<u8>) {
        let mut begin = 0;
        for chunk in &self.0 {
            let bytes = match chunk {
                Chunk::Bytes(bytes) => bytes.as_slice(),
                Chunk::Stored(stored) => stored.joined(),
            };
            let end = begin + bytes.len();
            let (first, last) = (from.clamp(begin, end), to.clamp(begin, end));
            out.extend_from_slice(&bytes[first - begin..last - begin]);
            begin = end;
        }
    }
}

/// Key and content that were laid out as `joined`.
pub(super) fn stored(key_bytes: u32, joined: &[u8]) -> Result<Stored, Fault> {
    let key = key_bytes as usize;
    if key > joined.len().min(KEY_BYTES) {
        return Err(Fault::Key(key_bytes));
    }
    Ok(Stored::from_joined(key, joined))
}
