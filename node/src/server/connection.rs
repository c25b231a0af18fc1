//! The life of one connection: read, serve every complete request, hand over the answers, and so on
//! until somebody closes.
//!
//! The usual request is read, served and answered within one poll of the task, in the thread's own
//! working memory: that path is here. What takes time (the disk, another node, a slow reader) leaves
//! that poll and is awaited in [`Connection::converse`]; how, is in `waiting`.

mod leaving;
mod waiting;

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use cloakroom_protocol::aspnet::Fault;
use tokio::io::{AsyncRead, ReadBuf};

use super::Shared;
use super::budget::Loan;
use super::exchange::{Exchange, Pending, exchange};
use super::inbox::{Inbox, Missing};
use super::outbox::Outbox;
use super::scratch::{self, Desk, READ_BYTES, Scratch};
use super::stream::Stream;
use super::watchdog::{Awaited, Watched};
use crate::metrics::ConnectionClosed as Closed;

/// What ends a poll of the usual path.
enum Turn {
    /// The socket does not take more answers.
    Blocked,
    /// A request needs time.
    Pending(Pending),
    /// More of a body has arrived than this connection may hold.
    Starved,
    /// The peer sends faster than it is served; others must have their turn.
    Yield,
    /// It was answered, and the client is to connect elsewhere.
    Leave,
    /// The input cannot be divided into requests any more.
    Faulty,
    /// It is over.
    Close(Closed),
}

/// What became of some input.
struct Served {
    /// Bytes of the requests that were served.
    consumed: usize,
    /// What the rest lacks, if it was looked at.
    missing: Option<Missing>,
    /// What keeps the connection from reading on.
    turn: Option<Turn>,
}

/// One client's connection.
pub(super) struct Connection {
    shared: Arc<Shared>,
    socket: Stream,
    vital: Watched,
    inbox: Inbox,
    loan: Loan,
    unsent: Outbox,
    /// What the current deadline is for.
    awaited: Awaited,
    /// When the body being received must be complete.
    body_deadline: Duration,
}

impl Connection {
    pub(super) fn new(shared: Arc<Shared>, socket: Stream, vital: Watched) -> Self {
        Self {
            shared,
            socket,
            vital,
            inbox: Inbox::default(),
            loan: Loan::default(),
            unsent: Outbox::default(),
            awaited: Awaited::Nothing,
            body_deadline: Duration::ZERO,
        }
    }

    /// Serves until the connection is closed, and says why it was.
    pub(super) async fn run(mut self) -> Closed {
        self.wait_for(Awaited::Request, self.shared.clock.elapsed() + self.shared.timing.idle);
        let Err(closed) = self.converse().await;
        for granted in self.unsent.into_granted() {
            waiting::release_undelivered(&self.shared, granted).await;
        }
        closed
    }

    async fn converse(&mut self) -> Result<Infallible, Closed> {
        loop {
            match poll_fn(|cx| self.poll_requests(cx)).await {
                Turn::Blocked => self.flush().await?,
                Turn::Pending(pending) => {
                    // Its body stays in memory until it is on disk, and so on loan.
                    let leaving = self.finish(pending).await?;
                    self.loan = Loan::default();
                    if leaving {
                        return Err(self.leave().await);
                    }
                }
                Turn::Starved => self.borrow().await?,
                Turn::Leave => return Err(self.leave().await),
                Turn::Yield => tokio::task::yield_now().await,
                Turn::Faulty => {
                    self.flush().await?;
                    self.linger().await;
                    return Err(Closed::Fault);
                }
                Turn::Close(closed) => return Err(closed),
            }
        }
    }

    /// The usual path: serves what can be served at once.
    fn poll_requests(&mut self, cx: &mut Context<'_>) -> Poll<Turn> {
        scratch::with(|Scratch { input, desk }| {
            if self.inbox.ready()
                && let Some(turn) = self.serve_held(desk, cx)
            {
                return Poll::Ready(turn);
            }
            loop {
                let mut buffer = ReadBuf::new(input);
                match Pin::new(&mut self.socket).poll_read(cx, &mut buffer) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(_)) => return Poll::Ready(Turn::Close(Closed::Error)),
                    Poll::Pending => return self.poll_close(cx).map(Turn::Close),
                }
                let arrived = buffer.filled();
                if arrived.is_empty() {
                    // Between requests the peer has had all its answers; within one it changed its mind.
                    return Poll::Ready(Turn::Close(Closed::Client));
                }
                let turn = self.receive(arrived, desk, cx);
                self.shared.metrics.received_bytes.inc_by(arrived.len() as u64);
                if let Some(turn) = turn {
                    return Poll::Ready(turn);
                }
                if arrived.len() == READ_BYTES {
                    return Poll::Ready(Turn::Yield);
                }
            }
        })
    }

    /// Whether a connection with nothing to read should close.
    fn poll_close(&self, cx: &Context<'_>) -> Poll<Closed> {
        let overdue = self.vital.poll_overdue(cx);
        if self.inbox.is_empty() && self.shared.draining.load(Ordering::Acquire) {
            return Poll::Ready(Closed::Drain);
        }
        overdue.map(Closed::from)
    }

    fn receive(&mut self, arrived: &[u8], desk: &mut Desk, cx: &mut Context<'_>) -> Option<Turn> {
        if self.inbox.is_empty() {
            let Served { consumed, missing, turn } = self.serve(arrived, desk, cx);
            self.inbox.keep(arrived[consumed..].to_vec(), missing);
            return turn.or_else(|| self.starved());
        }
        self.inbox.push(arrived);
        if self.awaited == Awaited::Body {
            self.wait_for_body(self.shared.clock.elapsed());
        }
        if self.inbox.ready() { self.serve_held(desk, cx) } else { self.starved() }
    }

    fn serve_held(&mut self, desk: &mut Desk, cx: &mut Context<'_>) -> Option<Turn> {
        let mut held = self.inbox.take();
        let Served { consumed, missing, turn } = self.serve(&held, desk, cx);
        // The rest moves, so that a few bytes do not keep the memory of a large body.
        let rest = if consumed == 0 { held } else { held.split_off(consumed) };
        self.inbox.keep(rest, missing);
        turn.or_else(|| self.starved())
    }

    fn starved(&self) -> Option<Turn> {
        let held = self.inbox.held_bytes();
        (held > READ_BYTES && !self.loan.covers(held)).then_some(Turn::Starved)
    }

    /// Serves the requests in `input`.
    fn serve(&mut self, input: &[u8], desk: &mut Desk, cx: &mut Context<'_>) -> Served {
        let now = self.shared.clock.elapsed();
        let mut consumed = 0;
        let mut missing = None;
        let mut turn = None;
        while consumed < input.len() && turn.is_none() && missing.is_none() {
            match exchange(&self.shared, &mut self.inbox, &input[consumed..], desk, now) {
                Ok(Exchange::Incomplete(what)) => missing = Some(what),
                Ok(Exchange::Answered { consumed: request }) => {
                    consumed += request;
                    self.loan = Loan::default();
                    self.awaited = Awaited::Nothing;
                    if desk.outbox.must_go() {
                        turn = self.send(desk, cx);
                    }
                }
                Ok(Exchange::Pending { consumed: request, pending }) => {
                    consumed += request;
                    turn = Some(Turn::Pending(pending));
                }
                Err(fault) => {
                    self.refuse(fault, desk);
                    turn = Some(Turn::Faulty);
                }
            }
        }
        let answered = !desk.outbox.is_empty();
        let leaving = self.is_leaving() && answered && turn.is_none() && missing.is_none();
        if leaving {
            self.hold_packets(true);
        }
        if let Some(blocked) = self.send(desk, cx) {
            turn = turn.or(Some(blocked));
        }
        if leaving {
            turn = turn.or(Some(Turn::Leave));
        }
        if turn.is_none() {
            self.wait_for_more(missing, now);
        }
        // What keeps it from reading on has it look at the rest again, with the deadline that then applies.
        Served { consumed, missing: missing.filter(|_| turn.is_none()), turn }
    }

    /// Hands the answers of this read to the socket.
    fn send(&mut self, desk: &mut Desk, cx: &mut Context<'_>) -> Option<Turn> {
        if desk.outbox.is_empty() {
            return None;
        }
        let sent = desk.outbox.poll_send(cx, &mut self.socket, &self.shared);
        if sent.is_pending() || matches!(sent, Poll::Ready(Err(_))) {
            self.unsent = desk.outbox.take_rest();
        }
        match sent {
            Poll::Ready(Ok(())) => None,
            Poll::Ready(Err(_)) => Some(Turn::Close(Closed::Error)),
            Poll::Pending => Some(Turn::Blocked),
        }
    }

    fn refuse(&mut self, fault: Fault, desk: &mut Desk) {
        self.shared.metrics.protocol_fault(fault.word());
        tracing::debug!(%fault, "malformed request");
        desk.outbox.refuse(&self.shared);
    }

    fn wait_for_more(&mut self, missing: Option<Missing>, now: Duration) {
        let timing = self.shared.timing;
        match missing {
            None => self.wait_for(Awaited::Request, now + timing.idle),
            // Counts from the first byte, or a byte a second would hold it off.
            Some(Missing::Head) if self.awaited == Awaited::Head => {}
            Some(Missing::Head) => self.wait_for(Awaited::Head, now + timing.head),
            Some(Missing::Body { body_bytes, .. }) => {
                self.body_deadline = now + timing.body(body_bytes);
                self.wait_for_body(now);
            }
        }
    }

    /// The whole body has its deadline, and so has its next byte: memory that others wait for is not lent
    /// to a client that has stopped sending.
    fn wait_for_body(&mut self, now: Duration) {
        let deadline = self.body_deadline.min(now + self.shared.timing.write_stall);
        self.wait_for(Awaited::Body, deadline);
    }

    fn wait_for(&mut self, awaited: Awaited, deadline: Duration) {
        self.awaited = awaited;
        self.vital.wait_for(awaited, deadline);
    }
}
