//! The asker's end of a link, as those see it who ask.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_util::task::AtomicWaker;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::message::{Answered, NoAnswer, Question};
use super::questions::{NotTaken, Questions, Receiver};
use super::unwanted::Unwanted;
use super::wire::Fault;

/// An open link. The task that [moves its bytes](super::asking) and the askers share it.
#[derive(Debug)]
pub(super) struct Link {
    shared: Mutex<Shared>,
    /// The task, while it has nothing to do.
    task: AtomicWaker,
    /// Rung when a question ends.
    room: Notify,
    unwanted: Arc<Unwanted>,
}

#[derive(Debug, Default)]
struct Shared {
    questions: Questions,
    dismissed: bool,
}

impl Link {
    pub(super) fn new(unwanted: Arc<Unwanted>) -> Arc<Self> {
        Arc::new(Self { shared: Mutex::default(), task: AtomicWaker::new(), room: Notify::new(), unwanted })
    }

    /// Files a question, as soon as there is room for it.
    ///
    /// # Errors
    /// [`NotTaken`], but not because it is full.
    pub(super) async fn ask(self: &Arc<Self>, question: &Question) -> Result<Waiting, NotTaken> {
        loop {
            match self.try_ask(question) {
                Err(NotTaken::Full) => {}
                result => return result,
            }
            let mut room = pin!(self.room.notified());
            // From here on nobody's end is missed.
            room.as_mut().enable();
            match self.try_ask(question) {
                Err(NotTaken::Full) => room.await,
                result => return result,
            }
        }
    }

    fn try_ask(self: &Arc<Self>, question: &Question) -> Result<Waiting, NotTaken> {
        let id = self.shared.lock().questions.ask(question)?;
        self.task.wake();
        Ok(Waiting { link: Arc::clone(self), id, over: false })
    }

    /// Hands the link over to its end: once nothing is asked on it any more, it is closed.
    pub(super) fn dismiss(&self) {
        self.shared.lock().dismissed = true;
        self.task.wake();
    }

    /// Whether it was dismissed and is not used any more.
    pub(super) fn may_close(&self) -> bool {
        let shared = self.shared.lock();
        shared.dismissed && shared.questions.is_idle()
    }

    /// Files answers, up to the first that is out of place.
    pub(super) fn answered(&self, answers: &mut Vec<(u32, Answered)>) -> Result<(), Fault> {
        let mut wakers = Vec::with_capacity(answers.len());
        let mut unwanted = Vec::new();
        let filed = {
            let questions = &mut self.shared.lock().questions;
            answers.drain(..).try_for_each(|(id, answered)| {
                match questions.answered(id, answered)? {
                    Receiver::Asker(waker) => wakers.extend(waker),
                    Receiver::Nobody(answered) => unwanted.push(answered),
                }
                Ok(())
            })
        };
        wakers.into_iter().for_each(Waker::wake);
        unwanted.into_iter().for_each(|answered| self.unwanted.answered(answered));
        self.room.notify_waiters();
        filed
    }

    /// Ready when there is something to send.
    pub(super) fn poll_outgoing(&self, cx: &Context<'_>) -> Poll<()> {
        let is_empty = || self.shared.lock().questions.outgoing.is_empty();
        if is_empty() {
            self.task.register(cx.waker());
            // Whoever asked in between found nobody to wake.
            if is_empty() {
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }

    /// Moves what is to be sent next into the empty `batch`.
    pub(super) fn fill(&self, batch: &mut Vec<u8>) {
        let _ended = self.shared.lock().questions.outgoing.fill(batch);
    }

    /// Asks for a sign of life.
    pub(super) fn ping(&self) {
        self.shared.lock().questions.outgoing.ping();
    }

    /// The link is over, and its socket took `sent` bytes.
    pub(super) fn end(&self, sent: u64) {
        let wakers = self.shared.lock().questions.end(sent);
        wakers.into_iter().for_each(Waker::wake);
        self.room.notify_waiters();
    }
}

/// A question that was filed; dropping it gives it up.
#[derive(Debug)]
pub(super) struct Waiting {
    link: Arc<Link>,
    id: u32,
    over: bool,
}

impl Waiting {
    /// Waits no longer. An answer that has come just now is taken.
    pub(super) fn give_up(mut self) -> Result<Answered, NoAnswer> {
        self.end()
    }

    fn end(&mut self) -> Result<Answered, NoAnswer> {
        self.over = true;
        let result = self.link.shared.lock().questions.give_up(self.id);
        self.link.room.notify_waiters();
        result
    }
}

impl Future for Waiting {
    type Output = Result<Answered, NoAnswer>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = self.link.shared.lock().questions.poll(self.id, cx);
        self.over = polled.is_ready();
        polled
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.over
            && let Ok(answered) = self.end()
        {
            self.link.unwanted.answered(answered);
        }
    }
}
