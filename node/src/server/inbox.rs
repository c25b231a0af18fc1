//! The bytes of a request that has not arrived completely.

use cloakroom_protocol::aspnet::Decoder;

/// What is missing of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// A part of the head.
    Head,
    /// A part of the body.
    Body {
        /// Where the body begins.
        head_bytes: usize,
        /// How long the head says it is.
        body_bytes: usize,
        /// The body will be looked at. Otherwise it is dropped as it arrives.
        wanted: bool,
    },
}

/// Holds nothing while no request is under way. Grows with the bytes that arrived, never by what a
/// head announces.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    held: Vec<u8>,
    /// How far an incomplete head was searched.
    pub(super) decoder: Decoder,
    /// Not worth looking at before this many bytes are held.
    needed: usize,
    /// Bytes of an unwanted body still to come.
    unwanted: usize,
    /// The body of the first request held was unwanted and is not among the bytes.
    pub(super) body_dropped: bool,
}

impl Inbox {
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.held.len()
    }

    /// Bytes of the first request, as far as known.
    pub(super) fn needed_bytes(&self) -> usize {
        self.needed
    }

    /// Whether a request may be complete.
    pub(super) fn ready(&self) -> bool {
        !self.held.is_empty() && self.unwanted == 0 && self.held.len() >= self.needed
    }

    /// Adds what arrived.
    pub(super) fn push(&mut self, arrived: &[u8]) {
        let dropped = self.unwanted.min(arrived.len());
        self.unwanted -= dropped;
        self.held.extend_from_slice(&arrived[dropped..]);
    }

    /// Takes the bytes out to look at them.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }

    /// Keeps `rest`, whose first request lacks `missing`; `None` if that has not been looked at.
    pub(super) fn keep(&mut self, mut rest: Vec<u8>, missing: Option<Missing>) {
        self.needed = match missing {
            None => rest.len(),
            Some(Missing::Head) => rest.len() + 1,
            Some(Missing::Body { head_bytes, body_bytes, wanted: true }) => head_bytes + body_bytes,
            Some(Missing::Body { head_bytes, body_bytes, wanted: false }) => {
                self.unwanted = head_bytes + body_bytes - rest.len();
                self.body_dropped = true;
                rest.truncate(head_bytes);
                head_bytes
            }
        };
        self.held = if rest.is_empty() { Vec::new() } else { rest };
    }
}
