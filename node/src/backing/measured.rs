//! Counts what the backing store is asked and what comes of it.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{BackingStore, Fault, FaultKind, Flush, Kept, Mark, Stored, Swap, Swapped};
use crate::clock::{Clock as _, SystemClock};
use crate::metrics::{BackingAsk, BackingResult, Metrics};

/// A backing store whose answers are counted.
#[derive(Debug)]
pub(super) struct Measured<S> {
    inner: S,
    metrics: Arc<Metrics>,
    clock: SystemClock,
}

impl<S: BackingStore> Measured<S> {
    pub(super) fn new(inner: S, metrics: &Arc<Metrics>) -> Self {
        Self { inner, metrics: Arc::clone(metrics), clock: SystemClock::new() }
    }

    /// Counts one question from now until it is answered.
    async fn count<T>(
        &self,
        ask: BackingAsk,
        question: impl Future<Output = Result<T, Fault>>,
        newer: impl Fn(&T) -> bool,
    ) -> Result<T, Fault> {
        let answer = self.time(question).await;
        self.note(ask, &answer, newer);
        answer
    }

    async fn time<T>(&self, question: impl Future<Output = T>) -> T {
        let began = self.clock.elapsed();
        let answer = question.await;
        self.metrics.backing.seconds.observe((self.clock.elapsed() - began).as_secs_f64());
        answer
    }

    fn note<T>(&self, ask: BackingAsk, answer: &Result<T, Fault>, newer: impl Fn(&T) -> bool) {
        let result = match answer {
            Ok(answer) if newer(answer) => BackingResult::Newer,
            Ok(_) => BackingResult::Done,
            Err(fault) => match fault.kind {
                FaultKind::Unreachable => BackingResult::Unreachable,
                FaultKind::NoAnswer => BackingResult::NoAnswer,
                FaultKind::ReadOnly => BackingResult::ReadOnly,
                FaultKind::Full => BackingResult::Full,
                FaultKind::Refused => BackingResult::Refused,
            },
        };
        self.metrics.backing.requests.inc(ask, result);
    }
}

impl<S: BackingStore> BackingStore for Measured<S> {
    fn engine(&self) -> &'static str {
        self.inner.engine()
    }

    fn claim<'a>(&'a self, key: &'a [u8], epoch: u64) -> BoxFuture<'a, Result<Option<Kept>, Fault>> {
        self.count(BackingAsk::Claim, self.inner.claim(key, epoch), |_| false).boxed()
    }

    fn cas<'a>(&'a self, key: &'a [u8], swap: Swap<'a>) -> BoxFuture<'a, Result<Swapped, Fault>> {
        let changed = |swapped: &Swapped| *swapped == Swapped::Changed;
        self.count(BackingAsk::Swap, self.inner.cas(key, swap), changed).boxed()
    }

    fn store<'a>(&'a self, batch: &'a [Flush]) -> BoxFuture<'a, Vec<Result<Stored, Fault>>> {
        async move {
            let answers = self.time(self.inner.store(batch)).await;
            answers.iter().for_each(|answer| self.note(BackingAsk::Store, answer, is_refused));
            answers
        }
        .boxed()
    }

    fn remove<'a>(&'a self, key: &'a [u8], mark: Mark) -> BoxFuture<'a, Result<Stored, Fault>> {
        self.count(BackingAsk::Remove, self.inner.remove(key, mark), is_refused).boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), Fault>> {
        self.count(BackingAsk::Probe, self.inner.probe(), |()| false).boxed()
    }

    fn sweep(&self) -> BoxFuture<'_, Result<u64, Fault>> {
        self.count(BackingAsk::Sweep, self.inner.sweep(), |_| false).boxed()
    }
}

fn is_refused(stored: &Stored) -> bool {
    matches!(stored, Stored::Refused(_))
}

#[cfg(test)]
mod tests {
    //! Questions to the engine in memory, and what was counted.

    use std::sync::Arc;
    use std::time::Duration;

    use super::Measured;
    use crate::backing::memory::MemoryStore;
    use crate::backing::{BackingStore as _, Change, Flush, Mark, Stored, Swap, Swapped};
    use crate::clock::SystemClock;
    use crate::metrics::{BackingAsk, BackingResult, Metrics};
    use crate::store::{self, Parcel};

    #[tokio::test]
    async fn each_question_is_counted_by_what_came_of_it() {
        let metrics = Arc::new(Metrics::new("test", 0));
        let store = Measured::new(MemoryStore::new(Arc::new(SystemClock::new())), &metrics);
        let mark = Mark { epoch: 1, version: 1 };
        let end = |key: &[u8]| {
            let key = store::Stored::new(key, b"");
            Flush { mark, parcel: Parcel::Tombstone { key, epoch: 1, age: Duration::ZERO } }
        };
        assert_eq!(store.claim(b"a", 1).await, Ok(None));
        assert_eq!(store.remove(b"a", Mark { version: 2, ..mark }).await, Ok(Stored::Stored));
        let swap = Swap { expected: None, mark, attempt: 1, change: Change::Tombstone };
        assert_eq!(store.cas(b"a", swap).await, Ok(Swapped::Changed));
        assert_eq!(store.cas(b"b", swap).await, Ok(Swapped::Done));
        // Two are new or there already, and one is older.
        assert_eq!(store.store(&[end(b"a"), end(b"b"), end(b"c")]).await.len(), 3);
        store.probe().await.unwrap();
        store.sweep().await.unwrap();
        for (ask, result, count) in [
            (BackingAsk::Claim, BackingResult::Done, 1),
            (BackingAsk::Remove, BackingResult::Done, 1),
            (BackingAsk::Swap, BackingResult::Newer, 1),
            (BackingAsk::Swap, BackingResult::Done, 1),
            (BackingAsk::Store, BackingResult::Newer, 1),
            (BackingAsk::Store, BackingResult::Done, 2),
            (BackingAsk::Probe, BackingResult::Done, 1),
            (BackingAsk::Sweep, BackingResult::Done, 1),
            (BackingAsk::Claim, BackingResult::Unreachable, 0),
        ] {
            assert_eq!(metrics.backing.requests.get(ask, result), count, "{ask:?} {result:?}");
        }
    }
}
