//! One node's way to the engine, as its backing store sees it.

use std::fmt::{self, Debug};
use std::time::Duration;

use cloakroom_node::backing::memory::MemoryStore;
use cloakroom_node::backing::{
    BackingStore, Change, Fault, FaultKind, Flush, Kept, Mark, Stored, Swap, Swapped,
};
use cloakroom_node::store::Row;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::{Condition, Engine, NAME};
use crate::settings::ENGINE_TIMEOUT;
use crate::time::pass;

/// How long a refused connection takes.
const REFUSED: Duration = Duration::from_millis(1);
/// How long it takes to notice that a connection broke.
const NOTICED: Duration = Duration::from_millis(5);

/// What one process asks the engine with.
pub struct NodeEngine {
    engine: Engine,
    node: String,
    gone: CancellationToken,
}

impl NodeEngine {
    /// For a process of `node`, until it is `gone`.
    #[must_use]
    pub fn new(engine: Engine, node: String, gone: CancellationToken) -> Self {
        Self { engine, node, gone }
    }

    /// Asks for `work` on what is stored under `key`.
    async fn ask<T: Debug + Send + 'static>(
        &self,
        key: &[u8],
        writes: bool,
        described: String,
        work: impl FnOnce(&MemoryStore, &[u8]) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let shared = &self.engine.0;
        let unreachable = || Fault::new(FaultKind::Unreachable, "as the simulation wants it");
        let no_answer = || Fault::new(FaultKind::NoAnswer, "as the simulation wants it");
        if self.gone.is_cancelled() {
            return Err(unreachable());
        }
        if self.engine.condition() == Condition::Down {
            pass(REFUSED).await;
            return Err(unreachable());
        }
        let way = shared.network.link(&self.node, NAME);
        // A connection that has been dead for a while is known to be, and making a new one fails.
        if way.cut && shared.chance.percent(50) {
            pass(ENGINE_TIMEOUT).await;
            return Err(unreachable());
        }
        let Some(there) = way.crossing(&shared.chance) else {
            pass(ENGINE_TIMEOUT).await;
            return Err(no_answer());
        };
        let (answer, answered) = oneshot::channel();
        let journey = Journey {
            engine: self.engine.clone(),
            node: self.node.clone(),
            key: key.to_vec(),
            writes,
            described,
            there,
        };
        // It goes on when nobody waits for it any more.
        tokio::spawn(journey.go(work, answer));
        match tokio::time::timeout(ENGINE_TIMEOUT, answered).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(_)) | Err(_) => Err(no_answer()),
        }
    }

    async fn store_one(&self, flush: &Flush) -> Result<Stored, Fault> {
        let (key, described) = (flush.parcel.key(), format!("store {}", flush.mark));
        let batch = [flush.clone()];
        let stored = self.ask(key, true, described, move |memory, _| {
            now(memory.store(&batch)).pop().expect("one for each")
        });
        stored.await
    }
}

impl Debug for NodeEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeEngine({})", self.node)
    }
}

impl BackingStore for NodeEngine {
    fn engine(&self) -> &'static str {
        "Simulation"
    }

    fn claim<'a>(&'a self, key: &'a [u8], epoch: u64) -> BoxFuture<'a, Result<Option<Kept>, Fault>> {
        let work = move |memory: &MemoryStore, key: &[u8]| now(memory.claim(key, epoch));
        self.ask(key, epoch > 0, format!("claim at {epoch}"), work).boxed()
    }

    fn cas<'a>(&'a self, key: &'a [u8], swap: Swap<'a>) -> BoxFuture<'a, Result<Swapped, Fault>> {
        let Swap { expected, mark, attempt, change } = swap;
        let described = format!("swap {} for {mark}", expected.unwrap_or_default());
        let sent = Sent::of(change);
        let work = move |memory: &MemoryStore, key: &[u8]| {
            now(memory.cas(key, Swap { expected, mark, attempt, change: sent.change() }))
        };
        self.ask(key, true, described, work).boxed()
    }

    fn store<'a>(&'a self, batch: &'a [Flush]) -> BoxFuture<'a, Vec<Result<Stored, Fault>>> {
        // Each goes its own way: an engine of several parts does some of a batch and not the rest.
        join_all(batch.iter().map(|flush| self.store_one(flush))).boxed()
    }

    fn remove<'a>(&'a self, key: &'a [u8], mark: Mark) -> BoxFuture<'a, Result<Stored, Fault>> {
        let work = move |memory: &MemoryStore, key: &[u8]| now(memory.remove(key, mark));
        self.ask(key, true, format!("remove {mark}"), work).boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), Fault>> {
        self.ask(b"", true, "probe".to_owned(), |memory, _| now(memory.probe())).boxed()
    }

    fn sweep(&self) -> BoxFuture<'_, Result<u64, Fault>> {
        self.ask(b"", true, "sweep".to_owned(), |memory, _| now(memory.sweep())).boxed()
    }
}

/// A change on its way, with what its sender only lent.
enum Sent {
    Whole(Row),
    WithoutBody(Row),
    Tombstone,
}

impl Sent {
    fn of(change: Change<'_>) -> Self {
        match change {
            Change::Whole(row) => Self::Whole(row.clone()),
            Change::WithoutBody(row) => Self::WithoutBody(row.clone()),
            Change::Tombstone => Self::Tombstone,
        }
    }

    fn change(&self) -> Change<'_> {
        match self {
            Self::Whole(row) => Change::Whole(row),
            Self::WithoutBody(row) => Change::WithoutBody(row),
            Self::Tombstone => Change::Tombstone,
        }
    }
}

/// One call on its way to the engine, and its answer's way back.
struct Journey {
    engine: Engine,
    node: String,
    key: Vec<u8>,
    writes: bool,
    described: String,
    there: Duration,
}

impl Journey {
    async fn go<T: Debug>(
        self,
        work: impl FnOnce(&MemoryStore, &[u8]) -> Result<T, Fault>,
        answer: oneshot::Sender<Result<T, Fault>>,
    ) {
        pass(self.there).await;
        let shared = &self.engine.0;
        if self.engine.condition() == Condition::Down {
            pass(NOTICED).await;
            // Dropped: the connection broke.
            return;
        }
        let result = match self.engine.condition().refusal(self.writes) {
            Some(fault) => Err(fault),
            None => self.engine.judged(&self.node, &self.key, || work(&shared.memory, &self.key)),
        };
        let key = String::from_utf8_lossy(&self.key);
        shared.trace.note(format_args!(
            "engine for {}: {key} {} -> {}",
            self.node,
            self.described,
            shown(&result)
        ));
        match shared.network.link(NAME, &self.node).crossing(&shared.chance) {
            Some(back) => {
                pass(back).await;
                if self.engine.condition() != Condition::Down {
                    // Whoever does not wait any more does not care.
                    let _ = answer.send(result);
                }
            }
            None => pass(ENGINE_TIMEOUT).await,
        }
    }
}

/// What an engine in memory answers, which it does at once.
fn now<T>(answer: impl Future<Output = T>) -> T {
    answer.now_or_never().expect("memory does not wait")
}

fn shown<T: Debug>(result: &Result<T, Fault>) -> String {
    match result {
        Ok(answer) => {
            // Bodies are long, and known by their marks.
            let whole = format!("{answer:?}");
            whole.split(" content").next().map(str::to_owned).unwrap_or_default()
        }
        Err(fault) => fault.kind.to_string(),
    }
}
