//! The engine in memory behind a network that can be told what to do with each question.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _};
use parking_lot::Mutex;

use super::super::attempt::{Attempt, Written};
use super::super::pause;
use crate::backing::memory::MemoryStore;
use crate::backing::{BackingStore, Change, Fault, FaultKind, Flush, Kept, Mark, Stored, Swap, Swapped};

/// What happens to one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It is answered.
    None,
    /// It arrives later and is answered.
    Slow(Duration),
    /// It is carried out, and the answer is lost.
    AnswerLost,
    /// It is lost on its way.
    QuestionLost,
    /// The asker gives up, and then it is carried out.
    Late(Duration),
    /// It is not sent.
    Away,
    /// Somebody else was faster.
    Overtaken,
}

/// How long an answer is waited for.
const TIMEOUT: Duration = Duration::from_millis(210);

#[derive(Debug)]
pub(super) struct Engine {
    pub(super) memory: Arc<MemoryStore>,
    /// What happens to the next questions; to all later ones nothing.
    pub(super) troubles: Mutex<VecDeque<Trouble>>,
    claims: AtomicUsize,
    swaps: AtomicUsize,
}

impl Engine {
    pub(super) fn new(memory: MemoryStore) -> Self {
        Self {
            memory: Arc::new(memory),
            troubles: Mutex::default(),
            claims: AtomicUsize::new(0),
            swaps: AtomicUsize::new(0),
        }
    }

    pub(super) fn trouble(&self, troubles: impl IntoIterator<Item = Trouble>) {
        self.troubles.lock().extend(troubles);
    }

    /// Claims and swaps since this was asked last.
    pub(super) fn calls(&self) -> (usize, usize) {
        (self.claims.swap(0, Ordering::SeqCst), self.swaps.swap(0, Ordering::SeqCst))
    }

    async fn way(&self) -> Result<Trouble, Fault> {
        let trouble = self.troubles.lock().pop_front().unwrap_or(Trouble::None);
        match trouble {
            Trouble::Slow(time) => pause(time).await,
            Trouble::Away => return Err(Fault::new(FaultKind::Unreachable, "away")),
            _ => {}
        }
        Ok(trouble)
    }
}

async fn silence() -> Fault {
    pause(TIMEOUT).await;
    Fault::new(FaultKind::NoAnswer, "silence")
}

fn owned(key: &[u8], swap: Swap<'_>) -> Attempt {
    let change = match swap.change {
        Change::Whole(row) => Written::Whole(row.clone()),
        Change::WithoutBody(row) => Written::WithoutBody(row.clone()),
        Change::Tombstone => Written::Tombstone,
    };
    let session = crate::store::Stored::new(key, &[]);
    Attempt { session, expected: swap.expected, mark: swap.mark, number: swap.attempt, change }
}

impl BackingStore for Engine {
    fn engine(&self) -> &'static str {
        "test"
    }

    fn claim<'a>(&'a self, key: &'a [u8], epoch: u64) -> BoxFuture<'a, Result<Option<Kept>, Fault>> {
        self.claims.fetch_add(1, Ordering::SeqCst);
        async move {
            match self.way().await? {
                Trouble::AnswerLost | Trouble::QuestionLost | Trouble::Late(_) => Err(silence().await),
                _ => self.memory.claim(key, epoch).await,
            }
        }
        .boxed()
    }

    fn cas<'a>(&'a self, key: &'a [u8], swap: Swap<'a>) -> BoxFuture<'a, Result<Swapped, Fault>> {
        self.swaps.fetch_add(1, Ordering::SeqCst);
        async move {
            match self.way().await? {
                Trouble::QuestionLost => Err(silence().await),
                Trouble::Overtaken => Ok(Swapped::Changed),
                Trouble::AnswerLost => {
                    self.memory.cas(key, swap).await?;
                    Err(silence().await)
                }
                Trouble::Late(time) => {
                    let (memory, late) = (Arc::clone(&self.memory), owned(key, swap));
                    tokio::spawn(async move {
                        pause(TIMEOUT + time).await;
                        drop(memory.cas(late.key(), late.swap()).await);
                    });
                    Err(silence().await)
                }
                _ => self.memory.cas(key, swap).await,
            }
        }
        .boxed()
    }

    fn store<'a>(&'a self, batch: &'a [Flush]) -> BoxFuture<'a, Vec<Result<Stored, Fault>>> {
        self.memory.store(batch)
    }

    fn remove<'a>(&'a self, key: &'a [u8], mark: Mark) -> BoxFuture<'a, Result<Stored, Fault>> {
        self.memory.remove(key, mark)
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), Fault>> {
        self.memory.probe()
    }

    fn sweep(&self) -> BoxFuture<'_, Result<u64, Fault>> {
        self.memory.sweep()
    }
}
