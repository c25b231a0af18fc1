//! The network between the nodes: it delays, loses and cuts, and knows who is alive.
//!
//! One question crosses it like this: the way there, the answerer's work, the way back. Each way takes a time
//! of its own, so questions overtake one another. What crosses a cut vanishes without a word, as packets do;
//! only a process that is not there refuses at once.

mod describe;
mod judge;
mod link;
mod links;
mod peers;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use cloakroom_node::peers::Respond;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use crate::chance::Chance;
use crate::engine;
use crate::rings::Rings;
use crate::trace::Trace;
pub use link::Link;
pub use links::SimulatedLinks;
pub use peers::SimulatedPeers;

/// What the name of a gateway begins with; the rest is that of its node, whose links it has.
const GATEWAY: &str = "gateway of ";

/// The network. Clones share it.
#[derive(Clone, Debug)]
pub struct Network(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    chance: Chance,
    trace: Trace,
    links: Mutex<BTreeMap<(String, String), Link>>,
    /// When some way between two nodes was not well: from when, and until when if that is over.
    unwell: Mutex<Vec<(Duration, Option<Duration>)>>,
    processes: Mutex<BTreeMap<String, Listening>>,
    broken: Mutex<Vec<String>>,
    moved: AtomicU64,
    /// Bytes of sessions that each node has on their way.
    in_flight: Mutex<BTreeMap<String, u64>>,
    rings: Rings,
}

/// A process that can be asked.
#[derive(Clone)]
struct Listening {
    incarnation: u64,
    respond: Arc<dyn Respond>,
    gone: CancellationToken,
}

impl Debug for Listening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Listening({:x})", self.incarnation)
    }
}

impl Network {
    /// A network on which all is well.
    #[must_use]
    pub fn new(chance: Chance, trace: Trace, rings: Rings) -> Self {
        Self(Arc::new(Shared {
            chance,
            trace,
            links: Mutex::default(),
            unwell: Mutex::default(),
            processes: Mutex::default(),
            broken: Mutex::default(),
            moved: AtomicU64::new(0),
            in_flight: Mutex::default(),
            rings,
        }))
    }

    /// From now on questions to `name` reach this process, until `gone`.
    pub fn listen(&self, name: &str, incarnation: u64, respond: Arc<dyn Respond>, gone: CancellationToken) {
        self.0.processes.lock().insert(name.to_owned(), Listening { incarnation, respond, gone });
    }

    /// What the way from one to the other is like now.
    #[must_use]
    pub fn link(&self, from: &str, to: &str) -> Link {
        let node = |name: &str| name.strip_prefix(GATEWAY).unwrap_or(name).to_owned();
        self.0.links.lock().get(&(node(from), node(to))).copied().unwrap_or_default()
    }

    /// Changes the way from one to the other.
    pub fn set(&self, from: &str, to: &str, link: Link) {
        self.0.links.lock().insert((from.to_owned(), to.to_owned()), link);
        self.note_health();
    }

    /// All ways are well again.
    pub fn heal(&self) {
        self.0.links.lock().clear();
        self.note_health();
    }

    /// Whether every way between two nodes was well from then until then.
    #[must_use]
    pub fn was_well(&self, from: Duration, until: Duration) -> bool {
        let unwell = self.0.unwell.lock();
        !unwell.iter().any(|(began, ended)| *began <= until && ended.is_none_or(|ended| ended >= from))
    }

    fn note_health(&self) {
        let between_nodes = |(from, to): &(String, String)| from != engine::NAME && to != engine::NAME;
        let links = self.0.links.lock();
        let well = !links.iter().any(|(way, link)| between_nodes(way) && *link != Link::default());
        let mut unwell = self.0.unwell.lock();
        match unwell.last_mut() {
            Some((_, ended @ None)) if well => *ended = Some(self.0.trace.now()),
            Some((_, None)) => {}
            _ if !well => unwell.push((self.0.trace.now(), None)),
            _ => {}
        }
    }

    /// Rules that were seen broken on the wire.
    #[must_use]
    pub fn broken(&self) -> Vec<String> {
        self.0.broken.lock().clone()
    }

    fn listening(&self, name: &str) -> Option<Listening> {
        self.0.processes.lock().get(name).filter(|process| !process.gone.is_cancelled()).cloned()
    }
}
