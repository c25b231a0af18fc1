//! The questions that are open on one link, and what becomes of each.
//!
//! Plain state: the link holds it under a lock, askers put in and wait, the link's task takes out.

use std::task::{Context, Poll, Waker};

use slab::Slab;

use super::limits::{OPEN_BYTES, OPEN_QUESTIONS};
use super::message::{Answered, NoAnswer, Question};
use super::wire::{Fault, Outgoing, Place, TooLarge};

/// Open questions, and the bytes that wait for the socket.
#[derive(Debug, Default)]
pub(super) struct Questions {
    pub(super) outgoing: Outgoing,
    open: Slab<Open>,
    /// Raw bytes of all that are open and wanted.
    bytes: usize,
    ended: bool,
}

#[derive(Debug)]
struct Open {
    place: Place,
    bytes: usize,
    state: State,
}

#[derive(Debug)]
enum State {
    Waiting(Option<Waker>),
    Done(Result<Answered, NoAnswer>),
    /// Nobody wants the answer any more, and the peer may still give it.
    GivenUp,
}

/// Why a question was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// The link is over.
    Ended,
    /// As many are open as may be.
    Full,
    /// It can never be sent.
    TooLarge(TooLarge),
}

/// Who gets an answer.
#[derive(Debug)]
pub(super) enum Receiver {
    /// Its asker, who is to be woken if it sleeps.
    Asker(Option<Waker>),
    /// Nobody any more.
    Nobody(Answered),
}

impl Questions {
    /// Files a question and returns its number.
    pub(super) fn ask(&mut self, question: &Question) -> Result<u32, NotTaken> {
        if self.ended {
            return Err(NotTaken::Ended);
        }
        // The last one may exceed the bytes: one that is larger than all room must get through too.
        // Those that were given up may still be among the outgoing.
        let bytes = self.bytes.max(self.outgoing.bytes());
        if self.open.len() >= OPEN_QUESTIONS || bytes >= OPEN_BYTES {
            return Err(NotTaken::Full);
        }
        let entry = self.open.vacant_entry();
        let id = u32::try_from(entry.key()).expect("there are at most OPEN_QUESTIONS");
        let before = self.outgoing.bytes();
        let place = self.outgoing.question(id, question).map_err(NotTaken::TooLarge)?;
        let bytes = self.outgoing.bytes() - before;
        entry.insert(Open { place, bytes, state: State::Waiting(None) });
        self.bytes += bytes;
        Ok(id)
    }

    /// The result of a question that was filed; it is forgotten with it.
    pub(super) fn poll(&mut self, id: u32, cx: &Context<'_>) -> Poll<Result<Answered, NoAnswer>> {
        if let State::Waiting(waker) = &mut self.of(id).state {
            match waker {
                Some(waker) => waker.clone_from(cx.waker()),
                None => *waker = Some(cx.waker().clone()),
            }
            return Poll::Pending;
        }
        match self.open.remove(id as usize).state {
            State::Done(result) => Poll::Ready(result),
            State::Waiting(_) | State::GivenUp => unreachable!("who gave it up does not ask for it"),
        }
    }

    /// Ends the wait for a question that was filed. `Ok` is an answer that had come already.
    pub(super) fn give_up(&mut self, id: u32) -> Result<Answered, NoAnswer> {
        let open = self.of(id);
        let State::Waiting(_) = open.state else {
            return match self.open.remove(id as usize).state {
                State::Done(result) => result,
                State::Waiting(_) | State::GivenUp => unreachable!("it is given up once"),
            };
        };
        let (place, bytes) = (open.place, open.bytes);
        open.state = State::GivenUp;
        self.bytes -= bytes;
        if self.outgoing.withdraw(id, place) {
            self.open.remove(id as usize);
            return Err(NoAnswer::NotSent);
        }
        Err(NoAnswer::Unknown)
    }

    /// Files the answer that the peer gave.
    pub(super) fn answered(&mut self, id: u32, answered: Answered) -> Result<Receiver, Fault> {
        let open = self.open.get_mut(id as usize).ok_or(Fault::OutOfPlace)?;
        match &mut open.state {
            State::Waiting(waker) => {
                let waker = waker.take();
                self.bytes -= open.bytes;
                open.state = State::Done(Ok(answered));
                Ok(Receiver::Asker(waker))
            }
            State::GivenUp => {
                self.open.remove(id as usize);
                Ok(Receiver::Nobody(answered))
            }
            State::Done(_) => Err(Fault::OutOfPlace),
        }
    }

    /// The link is over, and its socket took this many bytes: every open question ends.
    pub(super) fn end(&mut self, sent: u64) -> Vec<Waker> {
        self.ended = true;
        let mut wakers = Vec::new();
        let outgoing = &mut self.outgoing;
        self.open.retain(|id, open| {
            let unsent = match open.place {
                Place::At(start, _) => start >= sent,
                Place::Open => outgoing.withdraw(u32::try_from(id).expect("ids are u32"), Place::Open),
            };
            let no_answer = if unsent { NoAnswer::NotSent } else { NoAnswer::Unknown };
            match &mut open.state {
                State::Waiting(waker) => {
                    wakers.extend(waker.take());
                    open.state = State::Done(Err(no_answer));
                    true
                }
                State::Done(_) => true,
                State::GivenUp => false,
            }
        });
        wakers
    }

    /// Whether nothing is asked here any more.
    pub(super) fn is_idle(&self) -> bool {
        self.open.is_empty() && self.outgoing.is_empty()
    }

    fn of(&mut self, id: u32) -> &mut Open {
        self.open.get_mut(id as usize).expect("a question stays until its asker has its result or gave it up")
    }
}
