//! From frames to messages.

use super::Fault;
use super::head::{self, Head};
use crate::peers::limits::{PART_BYTES, PARTIAL_BYTES, PARTIAL_MESSAGES, RAW_BYTES};
use crate::peers::message::{Answered, Question};

/// A complete message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// A sign of life is wanted.
    Ping,
    /// A sign of life.
    Pong,
    /// A question, to be answered under this number.
    Question {
        /// The asker's number for it.
        id: u32,
        /// Raw bytes that came with it.
        raw_bytes: usize,
        /// What is asked.
        question: Question,
    },
    /// The answer to the question of this number.
    Answer {
        /// The number of the question.
        id: u32,
        /// What is replied.
        answered: Answered,
    },
}

/// The messages of one link that have arrived in part.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    partial: Vec<Partial>,
}

#[derive(Debug)]
struct Partial {
    id: u32,
    head: Head,
    raw_bytes: usize,
    raw: Vec<u8>,
}

impl Incoming {
    /// Takes one frame, without its length; `None` if no message is complete by it.
    pub(crate) fn take(&mut self, frame: &[u8]) -> Result<Option<Received>, Fault> {
        let (head, raw) = postcard::take_from_bytes::<Head>(frame).map_err(|_| Fault::Head)?;
        match head {
            Head::Void => Ok(None),
            Head::Ping => Ok(Some(Received::Ping)),
            Head::Pong => Ok(Some(Received::Pong)),
            Head::Part { id } => self.part(id, raw),
            Head::Question { id, raw_bytes, .. } | Head::Answer { id, raw_bytes, .. } => {
                if raw.len() == raw_bytes as usize {
                    return message(head, raw).map(Some);
                }
                self.begin(id, head, raw_bytes, raw).map(|()| None)
            }
        }
    }

    /// Memory that partial messages take.
    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.partial.iter().map(|partial| partial.raw.capacity()).sum()
    }

    fn begin(&mut self, id: u32, head: Head, raw_bytes: u32, raw: &[u8]) -> Result<(), Fault> {
        let whole = raw_bytes as usize;
        // Only a message that is longer than one part comes in parts, and each part but the last is full:
        // else a peer could have us copy the same bytes over and over.
        if raw.len() != PART_BYTES || !(PART_BYTES..=RAW_BYTES).contains(&whole) {
            return Err(Fault::RawBytes(raw.len(), raw_bytes));
        }
        let under_way: usize = self.partial.iter().map(|partial| partial.raw_bytes).sum();
        let full = self.partial.len() >= PARTIAL_MESSAGES || under_way + whole > PARTIAL_BYTES;
        if (full && !self.partial.is_empty()) || self.partial.iter().any(|partial| partial.id == id) {
            return Err(Fault::Partial);
        }
        self.partial.push(Partial { id, head, raw_bytes: whole, raw: raw.to_vec() });
        Ok(())
    }

    fn part(&mut self, id: u32, raw: &[u8]) -> Result<Option<Received>, Fault> {
        let index = self.partial.iter().position(|partial| partial.id == id).ok_or(Fault::Part)?;
        let partial = &mut self.partial[index];
        let missing = partial.raw_bytes - partial.raw.len();
        if raw.len() != missing.min(PART_BYTES) {
            return Err(Fault::Part);
        }
        partial.raw.extend_from_slice(raw);
        if raw.len() < missing {
            return Ok(None);
        }
        let Partial { head, raw, .. } = self.partial.swap_remove(index);
        message(head, &raw).map(Some)
    }
}

/// The message of a head and all its raw bytes.
fn message(head: Head, raw: &[u8]) -> Result<Received, Fault> {
    match head {
        Head::Question { id, epoch, ask, .. } => {
            Ok(Received::Question { id, raw_bytes: raw.len(), question: head::question(epoch, ask, raw)? })
        }
        Head::Answer { id, epoch, reply, .. } => {
            Ok(Received::Answer { id, answered: head::answer(epoch, reply, raw)? })
        }
        Head::Void | Head::Ping | Head::Pong | Head::Part { .. } => Err(Fault::OutOfPlace),
    }
}
