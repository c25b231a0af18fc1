//! Every bound on what a peer can make this node do or hold.
//!
//! Sizes are those that any configuration allows, not this node's own: a session that was stored under
//! other limits must still be able to move. Memory grows with bytes that arrived, never with what a
//! head announces.

use std::time::Duration;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// Most bytes of one [`Ask::Push`](super::Ask::Push), unless it is a single row: for each parcel the
/// bytes of its key and content and [`PARCEL_HEAD_BYTES`].
pub const PUSH_BYTES: usize = 256 * KIB;
/// What a parcel takes besides its key and content, at most.
pub const PARCEL_HEAD_BYTES: usize = 80;

/// Longest key: as long as the longest request head that can be configured.
pub(super) const KEY_BYTES: usize = MIB;
/// Most raw bytes of one message: the longest key, the largest body, and what stands before them.
pub(super) const RAW_BYTES: usize = 1024 * MIB + KEY_BYTES + PARCEL_HEAD_BYTES;

/// Raw bytes of one frame. What is larger travels in parts, so that others get between.
pub(super) const PART_BYTES: usize = 64 * KIB;
/// Longest head of a frame.
pub(super) const HEAD_BYTES: usize = 128;

/// Messages that may have arrived in part at one time.
pub(super) const PARTIAL_MESSAGES: usize = 4;
/// The bytes of all of them when they are complete, unless it is only one.
pub(super) const PARTIAL_BYTES: usize = 64 * MIB;

/// Questions that may be open on a link.
pub(super) const OPEN_QUESTIONS: usize = 65_536;
/// Raw bytes of the questions that an asker has open on a link; the last one may exceed it.
pub(super) const OPEN_BYTES: usize = 64 * MIB;
/// An answerer reads on only while the questions that it works on, and the answers that its peer has
/// not taken, are smaller than this. Twice what the asker counts, because the asker forgets what it gave up.
pub(super) const ANSWERING_BYTES: usize = 2 * OPEN_BYTES;

/// Links on which the other side has not proved yet that it belongs here.
pub(super) const UNPROVED_LINKS: u32 = 64;
/// Those of them that come from one address: a stranger must not keep members out.
pub(super) const UNPROVED_LINKS_PER_SOURCE: u32 = 16;
/// Links that others may have opened: each member one, and as many again that are not noticed as broken yet.
pub(super) const ACCEPTED_LINKS: usize = 2 * cloakroom_ring::MEMBERS_MAX;

/// How long connecting may take, and after it the hello.
pub(super) const CONNECT_TIME: Duration = Duration::from_secs(2);
/// See [`CONNECT_TIME`].
pub(super) const HELLO_TIME: Duration = Duration::from_secs(2);
/// How often a link is looked at; a silent one is asked for a sign of life.
pub(super) const TICK: Duration = Duration::from_secs(1);
/// Ticks without a byte after which a link is broken.
pub(super) const SILENT_TICKS: u32 = 10;
/// Waits before connecting again: the first, doubled up to the last.
pub(super) const BACK_OFF: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));
