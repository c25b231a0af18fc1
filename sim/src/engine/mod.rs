//! The third tier of a world: one engine in memory, which nodes reach over the world's network.
//!
//! The engine itself is the one that the node's own tests use. Here it gets what real ones have: calls take time, overtake
//! each other, are done after nobody waits for them any more, and are answered into the void. It can be away, refuse
//! writes, and forget its last moments at a failover.

mod asking;
mod condition;
mod judge;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_node::backing::memory::{Image, MemoryStore};
use cloakroom_node::backing::{Kept, Value};
use parking_lot::Mutex;

use crate::chance::Chance;
use crate::content;
use crate::ledger::Ledger;
use crate::mode::Mode;
use crate::network::Network;
use crate::time::NodeClock;
use crate::trace::Trace;
pub use asking::NodeEngine;
pub use condition::Condition;

/// By this name the engine is known to the network.
pub const NAME: &str = "engine";

/// The engine. Clones share it.
#[derive(Clone, Debug)]
pub struct Engine(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    mode: Mode,
    network: Network,
    ledger: Arc<Ledger>,
    trace: Trace,
    chance: Chance,
    memory: MemoryStore,
    condition: Mutex<Condition>,
    /// When it was last not at its best for somebody.
    troubled: Mutex<Trouble>,
    /// Sessions of which a failover forgot something.
    forgotten: Mutex<BTreeSet<String>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Trouble {
    under_way: u32,
    over: Option<Duration>,
}

impl Engine {
    /// An empty one, with a clock of its own.
    #[must_use]
    pub fn new(mode: Mode, network: Network, ledger: Arc<Ledger>, trace: Trace, chance: Chance) -> Self {
        let rate = u32::try_from(chance.between(900, 1100)).expect("small");
        let memory = MemoryStore::new(Arc::new(NodeClock::new(rate)));
        Self(Arc::new(Shared {
            mode,
            network,
            ledger,
            trace,
            chance,
            memory,
            condition: Mutex::default(),
            troubled: Mutex::default(),
            forgotten: Mutex::default(),
        }))
    }

    /// How it answers from now on.
    pub fn turn(&self, condition: Condition) {
        self.0.trace.note(format_args!("the engine turns {condition:?}"));
        *self.0.condition.lock() = condition;
    }

    /// What is stored under `key`.
    #[must_use]
    pub fn kept(&self, key: &str) -> Option<Kept> {
        self.0.memory.peek(key.as_bytes())
    }

    /// The number of the content that is stored under `key`; `None` if there is no session.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<u64> {
        match self.kept(key)?.value {
            Value::Row(row) => Some(content::read(&row.content)),
            Value::Tombstone => None,
        }
    }

    /// Sessions and tombstones that it holds.
    #[must_use]
    pub fn items(&self) -> usize {
        self.0.memory.items()
    }

    /// What a replica has now, for [`Engine::fail_over`].
    #[must_use]
    pub fn replica(&self) -> Image {
        self.0.memory.image()
    }

    /// Goes on with what a replica had.
    pub fn fail_over(&self, replica: Image) {
        let keys = self.0.ledger.keys();
        let before: Vec<_> = keys.iter().map(|key| self.kept(key).map(|kept| kept.mark)).collect();
        self.0.memory.go_back(replica);
        let lost =
            keys.into_iter().zip(before).filter(|(key, mark)| self.kept(key).map(|kept| kept.mark) != *mark);
        let lost: Vec<String> = lost.map(|(key, _)| key).collect();
        self.0.trace.note(format_args!("the engine fails over and forgets of {lost:?}"));
        self.0.forgotten.lock().extend(lost);
    }

    /// Sessions of which a failover forgot something: nothing is promised about them.
    #[must_use]
    pub fn forgotten(&self) -> BTreeSet<String> {
        self.0.forgotten.lock().clone()
    }

    /// Trouble begins for somebody who asks it.
    pub fn trouble_begins(&self) {
        self.0.troubled.lock().under_way += 1;
    }

    /// That trouble is over.
    pub fn trouble_ends(&self) {
        let mut troubled = self.0.troubled.lock();
        troubled.under_way -= 1;
        troubled.over = Some(self.0.trace.now());
    }

    /// Whether everybody could ask it all the time since `moment`.
    #[must_use]
    pub fn well_since(&self, moment: Duration) -> bool {
        let troubled = self.0.troubled.lock();
        troubled.under_way == 0 && troubled.over.is_none_or(|over| over < moment)
    }

    /// Whether what clients see is promised to have one order. Nodes that serve without the engine while others reach it are
    /// two for one session: that is what degrading may cost.
    #[must_use]
    pub fn orders_all(&self) -> bool {
        self.0.mode != Mode::Degrade || self.well_since(Duration::ZERO)
    }

    fn condition(&self) -> Condition {
        *self.0.condition.lock()
    }
}
