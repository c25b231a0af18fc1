//! The engine in memory, which the simulation puts in place of the real ones: it must be the same to a node.

use std::collections::BTreeMap;
use std::sync::Arc;

use cloakroom_engines::Proxy;
use cloakroom_node::backing::BackingStore;
use cloakroom_node::backing::memory::MemoryStore;
use cloakroom_node::clock::{Clock, SystemClock};
use cloakroom_node_config as config;
use parking_lot::Mutex;

use crate::cases;
use crate::check::check;
use crate::engine::{Engine, Trouble};

/// One for each key prefix.
struct Memory {
    clock: Arc<dyn Clock>,
    stores: Mutex<BTreeMap<String, Arc<MemoryStore>>>,
}

impl Engine for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn config(&self) -> config::BackingStore {
        config::BackingStore::new(config::BackingMode::WriteThrough)
    }

    fn connect(&self, config: &config::BackingStore) -> Arc<dyn BackingStore> {
        let mut stores = self.stores.lock();
        let store = stores.entry(config.key_prefix.clone());
        Arc::clone(store.or_insert_with(|| Arc::new(MemoryStore::new(Arc::clone(&self.clock))))) as Arc<_>
    }

    fn proxy(&self) -> Option<&Proxy> {
        None
    }

    fn can(&self, _: Trouble) -> bool {
        false
    }

    fn trouble(&self, trouble: Trouble, _: bool) {
        unreachable!("it cannot be given {trouble:?}");
    }

    fn held(&self) -> u64 {
        self.stores.lock().values().map(|store| store.items() as u64).sum()
    }

    fn write_foreign(&self, _: &str, _: &[u8]) -> bool {
        false
    }
}

#[tokio::test]
async fn the_engine_in_memory_keeps_the_contract() {
    let memory = Memory { clock: Arc::new(SystemClock::new()), stores: Mutex::default() };
    check(Arc::new(memory), &cases::all()).await;
}
