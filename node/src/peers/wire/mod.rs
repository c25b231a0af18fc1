//! Messages as bytes. `docs/peer-protocol.md` has the layout.
//!
//! A frame is a length, a head (postcard) and raw bytes. The types of the heads are this module's own,
//! so that what is on the wire changes only here. Keys, contents and rings are the raw bytes.

mod command;
mod fault;
mod frame;
mod head;
mod incoming;
mod outcome;
mod outgoing;
mod parcel;
mod raw;

#[cfg(test)]
mod tests;

pub(super) use fault::Fault;
pub(super) use frame::{FRAME_BYTES, next_frame};
pub(super) use incoming::{Incoming, Received};
pub(super) use outgoing::{Outgoing, Place, TooLarge};
