//! From messages to frames, and whose turn it is.
//!
//! What fits into one frame leaves in the order in which it came. What is larger waits in a queue of its
//! own; a few of these are under way at a time and send one part each in turn, one part for each batch
//! of small frames, so that nobody waits for a large body except other large bodies.

use std::collections::VecDeque;

use super::frame::{self, LENGTH_BYTES};
use super::head::{Head, VOID};
use super::raw::{Chunks, Count, Raw};
use crate::peers::limits::{PART_BYTES, PARTIAL_BYTES, PARTIAL_MESSAGES, PUSH_BYTES, RAW_BYTES};
use crate::peers::message::{Answered, Ask, Question};

/// A message with more raw bytes than its receiver takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message of {0} bytes is larger than its kind may be")]
pub(crate) struct TooLarge(pub(crate) usize);

/// What one side of a link has to say and has not handed over yet.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    small: Vec<u8>,
    /// How many bytes were handed over, all together: where the first of `small` will be.
    handed_over: u64,
    waiting: VecDeque<Large>,
    under_way: VecDeque<Large>,
    large_bytes: usize,
}

/// Where a message stands in the stream of all bytes of this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// From the first of these positions up to the second.
    At(u64, u64),
    /// Not known yet: it leaves in parts.
    Open,
}

#[derive(Debug)]
struct Large {
    id: u32,
    head: Head,
    raw: Chunks,
    raw_bytes: usize,
    sent: usize,
}

impl Outgoing {
    /// Appends a question.
    pub(crate) fn question(&mut self, id: u32, question: &Question) -> Result<Place, TooLarge> {
        let Question { epoch, ask } = question;
        let most = match ask {
            Ask::Push(parcels) if parcels.len() > 1 => PUSH_BYTES,
            _ => RAW_BYTES,
        };
        self.push(id, ask, most, |raw_bytes| Head::Question { id, raw_bytes, epoch: *epoch, ask: ask.into() })
    }

    /// Appends the answer to a question.
    pub(crate) fn answer(&mut self, id: u32, answered: &Answered) -> Result<Place, TooLarge> {
        let Answered { epoch, reply } = answered;
        self.push(id, reply, RAW_BYTES, |raw_bytes| Head::Answer {
            id,
            raw_bytes,
            epoch: *epoch,
            reply: reply.into(),
        })
    }

    /// Appends the wish for a sign of life.
    pub(crate) fn ping(&mut self) {
        frame::put(&mut self.small, Head::Ping, |_| {});
    }

    /// Appends a sign of life.
    pub(crate) fn pong(&mut self) {
        frame::put(&mut self.small, Head::Pong, |_| {});
    }

    fn push(
        &mut self,
        id: u32,
        message: &impl Raw,
        most: usize,
        head: impl FnOnce(u32) -> Head,
    ) -> Result<Place, TooLarge> {
        let mut count = Count::default();
        message.lay_out(&mut count);
        let Count(bytes) = count;
        let head = match u32::try_from(bytes) {
            Ok(raw_bytes) if bytes <= most => head(raw_bytes),
            _ => return Err(TooLarge(bytes)),
        };
        if bytes <= PART_BYTES {
            let start = self.handed_over + self.small.len() as u64;
            frame::put(&mut self.small, head, |out| message.lay_out(out));
            return Ok(Place::At(start, self.handed_over + self.small.len() as u64));
        }
        let mut raw = Chunks::default();
        message.lay_out(&mut raw);
        self.large_bytes += bytes;
        self.waiting.push_back(Large { id, head, raw, raw_bytes: bytes, sent: 0 });
        Ok(Place::Open)
    }

    /// Takes a message back; false if a byte of it may have been handed over.
    pub(crate) fn withdraw(&mut self, id: u32, place: Place) -> bool {
        match place {
            Place::At(start, _) => {
                let unsent =
                    start.checked_sub(self.handed_over).and_then(|offset| usize::try_from(offset).ok());
                if let Some(offset) = unsent {
                    // Those behind it keep their places.
                    self.small[offset + LENGTH_BYTES] = VOID;
                }
                unsent.is_some()
            }
            Place::Open => {
                let index = self.waiting.iter().position(|large| large.id == id);
                if let Some(withdrawn) = index.and_then(|index| self.waiting.remove(index)) {
                    self.large_bytes -= withdrawn.raw_bytes;
                }
                index.is_some()
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.small.is_empty() && self.under_way.is_empty() && self.waiting.is_empty()
    }

    /// Bytes that wait here.
    pub(crate) fn bytes(&self) -> usize {
        self.small.len() + self.large_bytes
    }

    /// Moves the next frames into the empty `batch`: all small ones and at least one part, if there is
    /// any. Returns the large messages that end in this batch, with the position behind each.
    pub(crate) fn fill(&mut self, batch: &mut Vec<u8>) -> Vec<(u32, u64)> {
        debug_assert!(batch.is_empty(), "what is in it would get a wrong position");
        std::mem::swap(&mut self.small, batch);
        let mut ended = Vec::new();
        while let Some(mut large) = self.next_large() {
            large.put_part(batch);
            if large.sent == large.raw_bytes {
                ended.push((large.id, self.handed_over + batch.len() as u64));
                self.large_bytes -= large.raw_bytes;
            } else {
                self.under_way.push_back(large);
            }
            if batch.len() >= PART_BYTES {
                break;
            }
        }
        self.handed_over += batch.len() as u64;
        ended
    }

    fn next_large(&mut self) -> Option<Large> {
        if let Some(next) = self.waiting.front()
            && self.has_room_for(next)
        {
            // It has its turn at once, and then after all others.
            return self.waiting.pop_front();
        }
        self.under_way.pop_front()
    }

    fn has_room_for(&self, large: &Large) -> bool {
        let under_way: usize = self.under_way.iter().map(|large| large.raw_bytes).sum();
        self.under_way.is_empty()
            || (self.under_way.len() < PARTIAL_MESSAGES && under_way + large.raw_bytes <= PARTIAL_BYTES)
    }
}

impl Large {
    fn put_part(&mut self, batch: &mut Vec<u8>) {
        let head = if self.sent == 0 { self.head } else { Head::Part { id: self.id } };
        let end = self.raw_bytes.min(self.sent + PART_BYTES);
        frame::put(batch, head, |out| self.raw.copy(self.sent, end, out));
        self.sent = end;
    }
}
