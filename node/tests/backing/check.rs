//! Runs cases against an engine.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use cloakroom_node::backing::{BackingStore, Flush, Kept, Mark, Stored, Swap, Swapped, Value, connect};
use cloakroom_node::metrics::Metrics;
use cloakroom_node::store::Row;
use cloakroom_node_config as config;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use crate::engine::{Engine, Trouble};
use crate::sample::flush;

/// One promise of the contract.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// What the engine must be able to suffer.
    pub(crate) needs: &'static [Trouble],
    /// Whether there must be a proxy before it.
    pub(crate) proxied: bool,
    pub(crate) run: fn(Arc<World>) -> LocalBoxFuture<'static, ()>,
}

/// What a case is given: an engine, and a store on it whose keys nobody else uses.
pub(crate) struct World {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) config: config::BackingStore,
    pub(crate) store: Arc<dyn BackingStore>,
}

static WORLDS: AtomicU64 = AtomicU64::new(0);

impl World {
    pub(crate) fn new(engine: Arc<dyn Engine>) -> Arc<Self> {
        let key_prefix = format!("test/{}/", WORLDS.fetch_add(1, Relaxed));
        let config = config::BackingStore { key_prefix, ..engine.config() };
        Arc::new(Self { store: engine.connect(&config), config, engine })
    }

    /// As another node would: with a connection of its own.
    pub(crate) fn another(&self) -> Arc<dyn BackingStore> {
        self.engine.connect(&self.config)
    }

    pub(crate) async fn read(&self, key: &[u8]) -> Option<Kept> {
        self.store.claim(key, 0).await.unwrap()
    }

    /// The mark and the body of what must be a session.
    pub(crate) async fn body(&self, key: &[u8]) -> (Mark, Vec<u8>) {
        match self.read(key).await {
            Some(Kept { mark, value: Value::Row(row), .. }) => (mark, row.content.body().to_vec()),
            other => panic!("no session but {other:?}"),
        }
    }

    pub(crate) async fn put(&self, mark: Mark, row: Row) -> Stored {
        self.flush(flush(mark, row)).await
    }

    pub(crate) async fn flush(&self, flush: Flush) -> Stored {
        let mut stored = self.store.store(std::slice::from_ref(&flush)).await;
        assert_eq!(stored.len(), 1);
        stored.remove(0).unwrap()
    }

    pub(crate) async fn swap(&self, key: &[u8], swap: Swap<'_>) -> Swapped {
        self.store.cas(key, swap).await.unwrap()
    }
}

/// A store on the engine that `config` names.
pub(crate) fn another(config: &config::BackingStore) -> Arc<dyn BackingStore> {
    connect(config, &Arc::new(Metrics::new("test", 0))).unwrap()
}

/// Runs all `cases` that `engine` can be put to, and fails with the names of those that do.
#[expect(clippy::print_stdout, reason = "who reads the output of a test wants to know what was left out")]
pub(crate) async fn check(engine: Arc<dyn Engine>, cases: &[Case]) {
    let (mut ran, mut failed, mut left_out) = (0, Vec::new(), Vec::new());
    for case in cases {
        let able = case.needs.iter().all(|trouble| engine.can(*trouble));
        if !able || (case.proxied && engine.proxy().is_none()) {
            left_out.push(case.name);
            continue;
        }
        let world = World::new(Arc::clone(&engine));
        ran += 1;
        if AssertUnwindSafe((case.run)(world)).catch_unwind().await.is_err() {
            failed.push(case.name);
        }
    }
    println!("{}: {ran} cases, left out {left_out:?}", engine.name());
    assert!(failed.is_empty(), "{}: {failed:?}", engine.name());
    assert!(ran > 0);
}
