//! Listens to every answer of the backing store, so that whoever wants to know whether it answers need not ask.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::tier::State;
use crate::backing::{BackingStore, Fault, FaultKind, Flush, Kept, Mark, Stored, Swap, Swapped};
use crate::clock::Clock;
use crate::metrics::Metrics;

/// A backing store whose answers are listened to.
pub(super) struct Watched {
    pub(super) inner: Arc<dyn BackingStore>,
    pub(super) state: Arc<State>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) metrics: Arc<Metrics>,
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl Watched {
    /// A refusal may be about the one session that was asked for: it says nothing of the engine.
    fn heard<T>(&self, answer: Result<T, Fault>) -> Result<T, Fault> {
        match &answer {
            Err(fault) if matches!(fault.kind, FaultKind::Refused | FaultKind::Full) => answer,
            _ => self.noted(answer),
        }
    }

    fn noted<T>(&self, answer: Result<T, Fault>) -> Result<T, Fault> {
        let problem = answer.as_ref().err().map(Fault::to_string);
        self.state.note(problem, self.clock.boottime(), &self.metrics);
        answer
    }
}

impl BackingStore for Watched {
    fn engine(&self) -> &'static str {
        self.inner.engine()
    }

    fn claim<'a>(&'a self, key: &'a [u8], epoch: u64) -> BoxFuture<'a, Result<Option<Kept>, Fault>> {
        Box::pin(async move { self.heard(self.inner.claim(key, epoch).await) })
    }

    fn cas<'a>(&'a self, key: &'a [u8], swap: Swap<'a>) -> BoxFuture<'a, Result<Swapped, Fault>> {
        Box::pin(async move { self.heard(self.inner.cas(key, swap).await) })
    }

    fn store<'a>(&'a self, batch: &'a [Flush]) -> BoxFuture<'a, Vec<Result<Stored, Fault>>> {
        Box::pin(async move {
            let results = self.inner.store(batch).await;
            results.into_iter().map(|result| self.heard(result)).collect()
        })
    }

    fn remove<'a>(&'a self, key: &'a [u8], mark: Mark) -> BoxFuture<'a, Result<Stored, Fault>> {
        Box::pin(async move { self.heard(self.inner.remove(key, mark).await) })
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move { self.noted(self.inner.probe().await) })
    }

    fn sweep(&self) -> BoxFuture<'_, Result<u64, Fault>> {
        Box::pin(async move { self.heard(self.inner.sweep().await) })
    }
}
