//! The task of a link's asking end: questions out, answers in.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::time::Interval;
use tokio_util::sync::CancellationToken;

use super::link::Link;
use super::message::Answered;
use super::pipe::{Broken, Pipe, ticks};
use super::wire::{Fault, Incoming, Received};

/// Reads after which others have their turn.
const READS: usize = 16;

/// Moves the bytes of `link` until it breaks, is dismissed, or `stop`.
pub(super) async fn run(pipe: Pipe, link: Arc<Link>, stop: &CancellationToken) -> Broken {
    let mut asking = Asking {
        pipe,
        link,
        incoming: Incoming::default(),
        answers: Vec::new(),
        tick: ticks(),
        gathering: false,
    };
    let broken = tokio::select! {
        biased;
        () = stop.cancelled() => Broken::Stopped,
        Err(broken) = poll_fn(|cx| asking.poll(cx)) => broken,
    };
    asking.link.end(asking.pipe.sent());
    broken
}

struct Asking {
    pipe: Pipe,
    link: Arc<Link>,
    incoming: Incoming,
    /// The answers of one read.
    answers: Vec<(u32, Answered)>,
    tick: Interval,
    /// There is something to send, and others may add to it before it is sent.
    gathering: bool,
}

impl Asking {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        while self.tick.poll_tick(cx).is_ready() {
            if self.pipe.tick(true)? {
                self.link.ping();
            }
        }
        for _ in 0..READS {
            if self.pipe.poll_receive(cx)?.is_pending() {
                return self.poll_send(cx);
            }
            self.take_answers()?;
        }
        cx.waker().wake_by_ref();
        self.poll_send(cx)
    }

    fn take_answers(&mut self) -> Result<(), Fault> {
        while let Some(frame) = self.pipe.next_frame()? {
            match self.incoming.take(frame)? {
                Some(Received::Answer { id, answered }) => self.answers.push((id, answered)),
                Some(Received::Pong) | None => {}
                Some(Received::Ping | Received::Question { .. }) => return Err(Fault::OutOfPlace),
            }
        }
        self.link.answered(&mut self.answers)
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        loop {
            ready!(self.pipe.poll_send(cx))?;
            if self.link.poll_outgoing(cx).is_pending() {
                break;
            }
            // Whoever else is about to ask, because it was answered by the same read or its client by
            // another, runs before this task does again: one write takes all their questions.
            self.gathering = !self.gathering;
            if self.gathering {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            self.link.fill(self.pipe.batch().expect("it was sent a moment ago"));
        }
        if self.link.may_close() { Poll::Ready(Err(Broken::Dismissed)) } else { Poll::Pending }
    }
}
