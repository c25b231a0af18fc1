//! Working memory of a thread, lent to whichever connection it serves at the moment.
//!
//! Ten thousand idle connections would hold ten thousand read buffers otherwise.

use std::cell::RefCell;

use super::outbox::Outbox;

/// Bytes read at a time: below 32 KiB pipelined requests cost twice as much (measured).
pub(super) const READ_BYTES: usize = 64 * 1024;

/// What a connection needs while it serves requests without waiting.
pub(super) struct Scratch {
    /// What was just read.
    pub(super) input: Box<[u8]>,
    /// Everything else.
    pub(super) desk: Desk,
}

/// Where a request is worked on.
#[derive(Default)]
pub(super) struct Desk {
    /// The decoded key of the request at hand.
    pub(super) key: Vec<u8>,
    /// The answers of this read.
    pub(super) outbox: Outbox,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> =
        RefCell::new(Scratch { input: vec![0; READ_BYTES].into_boxed_slice(), desk: Desk::default() });
}

/// Lends this thread's working memory. Must not be nested, nor held while waiting (it cannot be: the
/// loan ends with the closure).
pub(super) fn with<R>(work: impl FnOnce(&mut Scratch) -> R) -> R {
    SCRATCH.with_borrow_mut(work)
}
