//! Answers on their way into the socket.
//!
//! Usually an answer is formatted into the thread's outbox and the socket takes it at once. Only what
//! the socket does not take becomes the connection's own, so idle connections own no buffer.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use cloakroom_protocol::aspnet;
use cloakroom_session::{Command, Outcome};
use tokio::io::AsyncWrite;

use super::Shared;
use crate::metrics::Tier;
use crate::store::{Answer, Stored};

/// Bodies from this size on are handed to the socket where they lie; below it, copying them behind
/// the head costs less than a second piece in the system call (measured).
const BODY_SENT_IN_PLACE: usize = 16 * 1024;

/// Answers to pipelined requests are gathered up to about this size.
const GATHERED: usize = 64 * 1024;

/// Answers that the socket has not taken yet.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    bytes: Vec<u8>,
    /// A large body that follows `bytes`.
    tail: Option<Stored>,
    /// How much of `bytes` and `tail` the socket took.
    sent: usize,
    granted: Vec<Granted>,
    unrecorded: Vec<Record>,
}

/// A lock that was granted by an answer in the outbox.
#[derive(Debug)]
pub(super) struct Granted {
    /// Whose key names the locked session.
    pub(super) session: Stored,
    /// What releases it.
    pub(super) cookie: i32,
}

/// A served request, counted when its answer is with the socket.
#[derive(Debug)]
struct Record {
    command: Command,
    tier: Tier,
    outcome: Outcome,
    since: Duration,
}

impl Outbox {
    /// Appends the answer to a `command` that was complete at `since`.
    pub(super) fn answer(&mut self, shared: &Shared, command: Command, answer: Answer, since: Duration) {
        let Answer { outcome, body, tier } = answer;
        let body_bytes = body.as_ref().map_or(0, |stored| stored.body().len());
        aspnet::answer_head(&mut self.bytes, &shared.style, &outcome, body_bytes, |age_millis| {
            shared.clock.local_ticks() - ticks(age_millis)
        });
        self.unrecorded.push(Record { command, tier, outcome, since });
        let Some(stored) = body else { return };
        if body_bytes < BODY_SENT_IN_PLACE {
            self.bytes.extend_from_slice(stored.body());
        } else {
            self.tail = Some(stored.clone());
        }
        if let Outcome::Acquired { cookie, .. } = outcome {
            self.granted.push(Granted { session: stored, cookie });
        }
    }

    /// Appends the refusal of a request that has no meaning (state-protocol 400).
    pub(super) fn refuse(&mut self, shared: &Shared) {
        aspnet::bad_request(&mut self.bytes, &shared.style);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether it must go before more is appended: there is enough for one write, nothing may follow
    /// a tail, and a lost answer must tell which lock it granted.
    pub(super) fn must_go(&self) -> bool {
        self.tail.is_some() || !self.granted.is_empty() || self.bytes.len() >= GATHERED
    }

    /// Bytes that the socket took so far.
    pub(super) fn sent(&self) -> usize {
        self.sent
    }

    /// Hands everything to the socket and counts what was answered by it. Pending if the socket took
    /// a part only.
    ///
    /// # Errors
    /// The socket's; the peer is gone.
    pub(super) fn poll_send<W: AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        socket: &mut W,
        shared: &Shared,
    ) -> Poll<io::Result<()>> {
        let tail = self.tail.as_ref().map_or(&[][..], |stored| stored.body());
        while self.sent < self.bytes.len() + tail.len() {
            let socket = Pin::new(&mut *socket);
            let written = match self.bytes.get(self.sent..) {
                Some(head) if tail.is_empty() => socket.poll_write(cx, head),
                Some(head) => socket.poll_write_vectored(cx, &[IoSlice::new(head), IoSlice::new(tail)]),
                None => socket.poll_write(cx, &tail[self.sent - self.bytes.len()..]),
            };
            match ready!(written)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.sent += written,
            }
        }
        // What is encrypted is not gone before this.
        ready!(Pin::new(socket).poll_flush(cx))?;
        shared.metrics.sent_bytes.inc_by(self.sent as u64);
        self.record(shared);
        self.bytes.clear();
        self.tail = None;
        self.granted.clear();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }

    /// Takes out what is not sent, in as much memory as it needs.
    pub(super) fn take_rest(&mut self) -> Self {
        let from = self.sent.min(self.bytes.len());
        let bytes = self.bytes.split_off(from);
        self.bytes.clear();
        Self {
            bytes,
            tail: self.tail.take(),
            sent: std::mem::take(&mut self.sent) - from,
            granted: self.granted.drain(..).collect(),
            unrecorded: self.unrecorded.drain(..).collect(),
        }
    }

    /// The locks granted by answers that were not delivered.
    pub(super) fn into_granted(self) -> Vec<Granted> {
        self.granted
    }

    fn record(&mut self, shared: &Shared) {
        let now = shared.clock.elapsed();
        for Record { command, tier, outcome, since } in self.unrecorded.drain(..) {
            shared.metrics.request((&command).into(), tier, (&outcome).into(), now.saturating_sub(since));
        }
    }
}

/// .NET ticks of 100 ns in `millis`.
fn ticks(millis: u64) -> i64 {
    i64::try_from(millis).unwrap_or(i64::MAX).saturating_mul(10_000)
}
