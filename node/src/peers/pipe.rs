//! One end of a link: bytes in, bytes out, and whether the other end is still there.

use std::fmt::Debug;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Interval, MissedTickBehavior};

use super::limits::{SILENT_TICKS, TICK};
use super::wire::{FRAME_BYTES, Fault, next_frame};
use crate::metrics::Metrics;

/// What is read at once: room for a whole frame, whatever part of another stands before it.
const INPUT_BYTES: usize = 2 * FRAME_BYTES;

/// Memory that an empty batch may keep.
const KEPT_BYTES: usize = 4 * FRAME_BYTES;

/// A socket, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + Debug {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + Debug> Stream for S {}

/// Why a link is over.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("the connection failed: {0}")]
    Failed(#[from] io::Error),
    #[error("the peer closed the connection")]
    Closed,
    #[error("the peer sent {0}")]
    Fault(#[from] Fault),
    #[error("nothing was heard of the peer for {SILENT_TICKS} s, or it took nothing")]
    Silent,
    #[error("the peer is no member any more")]
    Dismissed,
    #[error("this node is stopping")]
    Stopped,
}

/// When to [`Pipe::tick`].
pub(super) fn ticks() -> Interval {
    let mut ticks = tokio::time::interval(TICK);
    // Those that this node slept through say nothing about the peer.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// A stream with what was read and not understood yet, and what was handed over and is not written yet.
#[derive(Debug)]
pub(super) struct Pipe {
    stream: Box<dyn Stream>,
    metrics: Arc<Metrics>,
    input: Box<[u8]>,
    /// Of `input`, what was read and not taken.
    unread: std::ops::Range<usize>,
    batch: Vec<u8>,
    written: usize,
    flushed: bool,
    sent: u64,
    heard: bool,
    silent_ticks: u32,
    taken: bool,
    stuck_ticks: u32,
}

impl Pipe {
    pub(super) fn new(stream: Box<dyn Stream>, metrics: Arc<Metrics>) -> Self {
        Self {
            stream,
            metrics,
            input: vec![0; INPUT_BYTES].into(),
            unread: 0..0,
            batch: Vec::new(),
            written: 0,
            flushed: true,
            sent: 0,
            heard: false,
            silent_ticks: 0,
            taken: false,
            stuck_ticks: 0,
        }
    }

    /// Reads what there is. Take all frames before the next call.
    pub(super) fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        if self.unread.start > 0 {
            self.input.copy_within(self.unread.clone(), 0);
            self.unread = 0..self.unread.len();
        }
        let mut buffer = ReadBuf::new(&mut self.input[self.unread.end..]);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
        let bytes = buffer.filled().len();
        if bytes == 0 {
            return Poll::Ready(Err(Broken::Closed));
        }
        self.unread.end += bytes;
        self.heard = true;
        self.metrics.peer_received_bytes.inc_by(bytes as u64);
        Poll::Ready(Ok(()))
    }

    /// The next frame of what was read.
    pub(super) fn next_frame(&mut self) -> Result<Option<&[u8]>, Fault> {
        let next = next_frame(&self.input[self.unread.clone()])?;
        Ok(next.map(|(frame, bytes)| {
            self.unread.start += bytes;
            frame
        }))
    }

    /// Where to put what is to be sent next; `None` until everything before it is written.
    pub(super) fn batch(&mut self) -> Option<&mut Vec<u8>> {
        self.batch.is_empty().then_some(&mut self.batch)
    }

    /// Writes the batch; ready when the socket has all of it.
    pub(super) fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        while self.written < self.batch.len() {
            let unwritten = &self.batch[self.written..];
            let bytes = ready!(Pin::new(&mut self.stream).poll_write(cx, unwritten))?;
            if bytes == 0 {
                return Poll::Ready(Err(Broken::Closed));
            }
            self.written += bytes;
            self.sent += bytes as u64;
            self.taken = true;
            self.flushed = false;
            self.metrics.peer_sent_bytes.inc_by(bytes as u64);
        }
        self.batch.clear();
        self.batch.shrink_to(KEPT_BYTES);
        self.written = 0;
        if !self.flushed {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            self.flushed = true;
        }
        Poll::Ready(Ok(()))
    }

    /// Bytes that the socket took, all together.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    /// Counts one more [tick](super::limits::TICK); `reading` is whether anything would have been
    /// heard. Returns whether the peer was silent since the last.
    ///
    /// # Errors
    /// [`Broken::Silent`] after too many ticks without a byte read, or with bytes that are not taken.
    pub(super) fn tick(&mut self, reading: bool) -> Result<bool, Broken> {
        let heard = std::mem::take(&mut self.heard);
        self.silent_ticks = if heard || !reading { 0 } else { self.silent_ticks + 1 };
        let taken = std::mem::take(&mut self.taken);
        self.stuck_ticks = if taken || self.batch.is_empty() { 0 } else { self.stuck_ticks + 1 };
        if self.silent_ticks.max(self.stuck_ticks) >= SILENT_TICKS {
            return Err(Broken::Silent);
        }
        Ok(!heard)
    }
}
