//! What a connection does when it has to wait: for the socket, the store, memory, or the peer's end.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use cloakroom_session::{Command, CookieField};
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};

use super::Connection;
use crate::gateway::Execution;
use crate::metrics::ConnectionClosed as Closed;
use crate::server::Shared;
use crate::server::exchange::Pending;
use crate::server::outbox::Granted;
use crate::server::scratch::{self, Scratch};
use crate::server::watchdog::Awaited;

/// How long and how far a faulty connection is read on so that the peer sees the 400: closing with
/// input unread would reset the connection, and a reset discards what the peer has not read.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 1024 * 1024;

impl Connection {
    /// Waits until the socket has taken all answers. Anew for every byte it takes, but not for ever.
    pub(super) async fn flush(&mut self) -> Result<(), Closed> {
        let Self { shared, socket, vital, unsent, .. } = self;
        let mut sent_before = usize::MAX;
        poll_fn(|cx| {
            let sent = unsent.poll_send(cx, socket, shared);
            if sent.is_pending() && unsent.sent() != sent_before {
                sent_before = unsent.sent();
                vital.wait_for(Awaited::Reading, shared.clock.elapsed() + shared.timing.write_stall);
            }
            match sent {
                Poll::Ready(sent) => Poll::Ready(sent.map_err(|_| Closed::Error)),
                Poll::Pending => vital.poll_overdue(cx).map(|late| Err(late.into())),
            }
        })
        .await?;
        self.wait_for(Awaited::Request, self.shared.clock.elapsed() + self.shared.timing.idle);
        Ok(())
    }

    /// Waits for the answer, and for the socket to take it.
    /// Whether the connection is to end behind it.
    pub(super) async fn finish(&mut self, pending: Pending) -> Result<bool, Closed> {
        self.vital.at_ease();
        let (command, since) = (pending.command, pending.since);
        let answer = pending.finish(&self.shared).await.map_err(|unavailable| {
            tracing::debug!(%unavailable, "closing without an answer");
            Closed::Error
        })?;
        let earlier = self.flush().await;
        // Decided once: an answer that leaves at once must not have the end run after it.
        let leaving = self.is_leaving() && self.inbox.is_empty();
        if leaving {
            self.hold_packets(true);
        }
        // Noted even if earlier answers cannot be sent, so that a lock granted in vain is given back.
        self.unsent.answer(&self.shared, command, answer, since);
        earlier?;
        self.flush().await?;
        Ok(leaving)
    }

    /// Waits until this connection may hold more of its body.
    pub(super) async fn borrow(&mut self) -> Result<(), Closed> {
        let (held, whole) = (self.inbox.held_bytes(), self.inbox.needed_bytes());
        tokio::select! {
            biased;
            () = self.shared.budget.extend(&mut self.loan, held, whole) => Ok(()),
            late = poll_fn(|cx| self.vital.poll_overdue(cx)) => Err(late.into()),
        }
    }

    /// Sees to it that the peer gets the refusal it was sent.
    pub(super) async fn linger(&mut self) {
        if self.socket.shutdown().await.is_err() {
            return;
        }
        self.wait_for(Awaited::Reading, self.shared.clock.elapsed() + LINGER);
        let mut left = LINGER_BYTES;
        poll_fn(|cx| {
            scratch::with(|Scratch { input, .. }| {
                loop {
                    let mut buffer = ReadBuf::new(input);
                    match Pin::new(&mut self.socket).poll_read(cx, &mut buffer) {
                        Poll::Ready(Ok(())) if (1..left).contains(&buffer.filled().len()) => {
                            left -= buffer.filled().len();
                        }
                        Poll::Ready(_) => return Poll::Ready(()),
                        Poll::Pending => return self.vital.poll_overdue(cx).map(drop),
                    }
                }
            })
        })
        .await;
    }
}

/// A lock whose answer was lost would block its session until some page breaks it, 110 s later.
pub(super) async fn release_undelivered(shared: &Shared, granted: Granted) {
    shared.metrics.undelivered_acquires.inc();
    let release = Command::Release { cookie: CookieField::Value(granted.cookie) };
    let key = granted.session.key();
    if let Execution::Waiting(waiting) = shared.gateway.execute(key, release, None) {
        // Nobody is left to be told.
        drop(shared.gateway.finish(waiting, key, release, None).await);
    }
}

impl From<Awaited> for Closed {
    fn from(late: Awaited) -> Self {
        match late {
            Awaited::Nothing | Awaited::Request => Self::Idle,
            Awaited::Head => Self::HeadTimeout,
            Awaited::Body => Self::BodyTimeout,
            Awaited::Reading => Self::WriteStall,
        }
    }
}
