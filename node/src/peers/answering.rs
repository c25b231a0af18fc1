//! The task of a link's answering end: questions in, answers out.
//!
//! What can be answered at once is answered in the same poll, straight into the bytes that go out; one
//! write carries the answers of one read.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::time::Interval;
use tokio_util::sync::CancellationToken;

use super::limits::{ANSWERING_BYTES, OPEN_QUESTIONS};
use super::message::{Answered, Caller, Question, Reply, Respond};
use super::pipe::{Broken, Pipe, ticks};
use super::wire::{Fault, Incoming, Outgoing, Place, Received};

/// Reads after which others have their turn.
const READS: usize = 16;

/// Ticks in which what is under way may end when this node stops.
const STOPPING_TICKS: u32 = 2;

/// A link's answering end.
pub(super) struct Answering {
    pipe: Pipe,
    incoming: Incoming,
    outgoing: Outgoing,
    caller: Caller,
    respond: Arc<dyn Respond>,
    /// Questions whose answers take time, and how many raw bytes these came with.
    working: FuturesUnordered<Work>,
    working_bytes: usize,
    /// Answers that the socket has not taken, each with the position behind it; in order.
    unsent: VecDeque<(u64, Answered)>,
    /// Those that leave in parts and have no such position yet.
    unsent_large: Vec<(u32, Answered)>,
    tick: Interval,
    stopping_ticks: Option<u32>,
}

/// A question that is being answered.
struct Work {
    id: u32,
    raw_bytes: usize,
    answer: BoxFuture<'static, Answered>,
}

impl Future for Work {
    type Output = (u32, usize, Answered);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answered = ready!(self.answer.as_mut().poll(cx));
        Poll::Ready((self.id, self.raw_bytes, answered))
    }
}

impl Answering {
    pub(super) fn new(pipe: Pipe, caller: Caller, respond: Arc<dyn Respond>) -> Self {
        Self {
            pipe,
            incoming: Incoming::default(),
            outgoing: Outgoing::default(),
            caller,
            respond,
            working: FuturesUnordered::new(),
            working_bytes: 0,
            unsent: VecDeque::new(),
            unsent_large: Vec::new(),
            tick: ticks(),
            stopping_ticks: None,
        }
    }

    /// Answers until the link breaks or, after `stop`, all that came is answered.
    pub(super) async fn run(&mut self, stop: &CancellationToken) -> Broken {
        let mut stopped = pin!(stop.cancelled());
        let ended = poll_fn(|cx| {
            if self.stopping_ticks.is_none() && stopped.as_mut().poll(cx).is_ready() {
                self.stopping_ticks = Some(0);
            }
            self.poll(cx)
        });
        ended.await.err().unwrap_or(Broken::Stopped)
    }

    /// Passes on what no asker will get; until `stop` also what is still being worked on.
    pub(super) async fn give_back(self, stop: &CancellationToken) {
        let Self { respond, mut working, unsent, unsent_large, .. } = self;
        let unsent = unsent.into_iter().map(|(_, answered)| answered);
        let unsent_large = unsent_large.into_iter().map(|(_, answered)| answered);
        for answered in unsent.chain(unsent_large) {
            Arc::clone(&respond).undelivered(answered);
        }
        while let Some(Some((_, _, answered))) = stop.run_until_cancelled(working.next()).await {
            Arc::clone(&respond).undelivered(answered);
        }
    }

    /// Ready when it has stopped.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        while self.tick.poll_tick(cx).is_ready() {
            self.pipe.tick(self.reads_on())?;
            if let Some(ticks) = &mut self.stopping_ticks {
                *ticks += 1;
            }
        }
        for _ in 0..READS {
            while let Poll::Ready(Some((id, raw_bytes, answered))) = self.working.poll_next_unpin(cx) {
                self.working_bytes -= raw_bytes;
                self.answer(id, answered);
            }
            let reading = self.reads_on();
            let received = reading && self.pipe.poll_receive(cx)?.is_ready();
            if received {
                self.serve()?;
            }
            let all_sent = self.poll_send(cx)?.is_ready();
            if all_sent && self.has_stopped() {
                return Poll::Ready(Ok(()));
            }
            let reads_on_again = !reading && self.reads_on();
            if !received && !reads_on_again {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Whether more may be asked now. A peer that does not take its answers, or asks faster than they
    /// can be given, is stopped by its own socket.
    fn reads_on(&self) -> bool {
        self.stopping_ticks.is_none()
            && self.working.len() < OPEN_QUESTIONS
            && self.working_bytes + self.outgoing.bytes() < ANSWERING_BYTES
    }

    fn has_stopped(&self) -> bool {
        self.stopping_ticks.is_some_and(|ticks| self.working.is_empty() || ticks > STOPPING_TICKS)
    }

    fn serve(&mut self) -> Result<(), Fault> {
        while let Some(frame) = self.pipe.next_frame()? {
            match self.incoming.take(frame)? {
                Some(Received::Question { id, raw_bytes, question }) => self.ask(id, raw_bytes, question),
                Some(Received::Ping) => self.outgoing.pong(),
                None => {}
                Some(Received::Pong | Received::Answer { .. }) => return Err(Fault::OutOfPlace),
            }
        }
        Ok(())
    }

    fn ask(&mut self, id: u32, raw_bytes: usize, question: Question) {
        let mut answer = Arc::clone(&self.respond).respond(self.caller.clone(), question);
        // Whoever is not ready is polled again among the others, and woken from there.
        match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answered) => self.answer(id, answered),
            Poll::Pending => {
                self.working_bytes += raw_bytes;
                self.working.push(Work { id, raw_bytes, answer });
            }
        }
    }

    fn answer(&mut self, id: u32, answered: Answered) {
        match self.outgoing.answer(id, &answered) {
            Ok(Place::At(_, end)) => self.unsent.push_back((end, answered)),
            Ok(Place::Open) => self.unsent_large.push((id, answered)),
            Err(too_large) => {
                tracing::error!(%too_large, "an answer cannot be sent");
                let instead = Answered { epoch: answered.epoch, reply: Reply::Unavailable };
                Arc::clone(&self.respond).undelivered(answered);
                self.answer(id, instead);
            }
        }
    }

    /// Ready when the socket has all answers.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        loop {
            let sent = self.pipe.poll_send(cx)?;
            while self.unsent.front().is_some_and(|(end, _)| *end <= self.pipe.sent()) {
                self.unsent.pop_front();
            }
            ready!(sent);
            let batch = self.pipe.batch().expect("it was sent a moment ago");
            for (id, end) in self.outgoing.fill(batch) {
                if let Some(index) = self.unsent_large.iter().position(|(large, _)| *large == id) {
                    self.unsent.push_back((end, self.unsent_large.swap_remove(index).1));
                }
            }
            if batch.is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}
