//! The operator, as far as the ring is its work: it looks at the nodes, publishes the next ring and pushes it.
//!
//! A model of the real one, which needs an API server: the same rules on the same reports, with shorter times.

mod decide;
mod pods;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_node_config::RingReport;
use cloakroom_ring::Ring;
use parking_lot::Mutex;

use crate::chance::Chance;
use crate::engine::Engine;
use crate::history::{Event, Moment};
use crate::ledger::Ledger;
use crate::machine::Machine;
use crate::mode::Mode;
use crate::network::Network;
use crate::rings::Rings;
use crate::settings::BEHIND;
use crate::time::{Time, pass};
use crate::trace::Trace;
use decide::{Node, Why, next};
pub use pods::{Pod, Pods};

/// By this name the operator is known to the network.
pub const NAME: &str = "operator";

/// The operator and what it remembers.
#[derive(Debug)]
pub struct Operator {
    /// The machines that it may find pods on.
    pub machines: Vec<Arc<Machine>>,
    /// Kubernetes' word on the pods.
    pub pods: Pods,
    /// The ring object.
    pub rings: Rings,
    /// What is behind the nodes.
    pub mode: Mode,
    /// The engine, if there is one.
    pub engine: Option<Engine>,
    /// Between it and the nodes.
    pub network: Network,
    /// Told about every ring.
    pub ledger: Arc<Ledger>,
    /// Where events go.
    pub trace: Trace,
    /// How soon it looks again.
    pub chance: Chance,
    /// The clock.
    pub time: Time,
    /// Whether it is away.
    pub away: Mutex<bool>,
    /// What nodes said last.
    pub memory: Mutex<BTreeMap<String, Memory>>,
}

/// What is remembered of one node.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Since when it has answered without a gap.
    answering_since: Option<Duration>,
    /// When it answered last, or was first looked for.
    last_heard: Duration,
    /// What it said then.
    last: Option<RingReport>,
}

impl Operator {
    /// Works for ever.
    pub async fn run(self: Arc<Self>) {
        loop {
            if !*self.away.lock() {
                self.look();
            }
            pass(self.chance.millis(60, 200)).await;
        }
    }

    /// One reconcile.
    fn look(self: &Arc<Self>) {
        let now = self.time.now();
        let nodes: BTreeMap<String, Node> =
            self.machines.iter().filter_map(|machine| self.observe(machine, now)).collect();
        if let Some((ring, why)) = self.next(&nodes, now) {
            self.publish(ring, &why);
        }
        let Some(ring) = self.rings.newest() else { return };
        if decide::is_settled(&ring, &nodes) {
            self.ledger.settled(ring.epoch);
        }
        for (name, node) in &nodes {
            let behind = node.report.as_ref().is_some_and(|report| report.epoch < ring.epoch);
            // Who lost his volume has no other way to the ring, and others wait until they hear of him. Where there is no
            // engine, two who were excluded could bring two copies back at once, which is not promised to end well.
            let told = ring.member(name).is_some() || self.mode.has_engine() && node.exists;
            if behind && told {
                self.push(name, &ring);
            }
        }
    }

    fn observe(&self, machine: &Machine, now: Duration) -> Option<(String, Node)> {
        let pod = self.pods.get(machine.name());
        let reachable =
            !self.network.link(NAME, machine.name()).cut && !self.network.link(machine.name(), NAME).cut;
        let report = machine.process().filter(|_| reachable).map(|process| process.cluster.report());
        let mut memory = self.memory.lock();
        if pod.is_none() && !memory.contains_key(machine.name()) {
            return None;
        }
        let memory = memory
            .entry(machine.name().to_owned())
            .or_insert_with(|| Memory { last_heard: now, ..Memory::default() });
        match &report {
            Some(report) => {
                memory.answering_since.get_or_insert(now);
                memory.last_heard = now;
                memory.last = Some(report.clone());
            }
            None => memory.answering_since = None,
        }
        if let Some(report) = &report
            && report.settled == report.epoch
        {
            self.ledger.emptied(machine.name(), report.settled);
        }
        let node = Node {
            exists: pod.is_some(),
            leaving: pod.as_ref().is_none_or(|pod| pod.deleting) || machine.number() >= self.pods.replicas(),
            uid: pod.map(|pod| pod.uid).unwrap_or_default(),
            address: machine.address(),
            report,
            settled: memory.last.as_ref().map_or(0, |report| report.settled),
            answering_for: memory.answering_since.map(|since| now - since),
            silent_for: now - memory.last_heard,
        };
        Some((machine.name().to_owned(), node))
    }

    fn next(&self, nodes: &BTreeMap<String, Node>, now: Duration) -> Option<(Ring, Why)> {
        match self.rings.newest() {
            Some(ring) => next(&ring, nodes, self.mode.grace()),
            // As the real one after an upgrade: the first ring names all who are there.
            None if now >= Duration::from_millis(300) => decide::first(nodes),
            None => None,
        }
    }

    fn publish(&self, ring: Ring, why: &Why) {
        let members: Vec<String> =
            ring.members.iter().map(|member| format!("{} {:?}", member.name, member.state)).collect();
        let unsettled: Vec<u64> = ring.unsettled.iter().map(|earlier| earlier.epoch).collect();
        let moment = self.trace.note(format_args!(
            "operator publishes {}: {why:?}; {}; unsettled {unsettled:?}",
            ring.epoch,
            members.join(", ")
        ));
        if let Why::Excluded(name) = why {
            self.give_up(name, ring.epoch, moment);
        }
        self.rings.publish(ring);
    }

    /// What becomes of the sessions of a node that is no member from `epoch` on.
    fn give_up(&self, name: &str, epoch: u64, moment: Moment) {
        let before = self.rings.newest().map_or(0, |ring| ring.epoch);
        let Some(engine) = &self.engine else {
            self.ledger.excluded(name, before, epoch, moment, &self.rings, |_| Event::GivenUp);
            return;
        };
        if self.mode.loses_with_its_node() {
            let latest = self.must_be_stored(name, engine);
            self.ledger.excluded(name, before, epoch, moment, &self.rings, |key| {
                if let Some(latest) = latest {
                    engine.judge_lost(key, &self.ledger.history(key), latest);
                }
                Event::Rewound(engine.value(key))
            });
        }
    }

    /// What the node was told before that moment, the engine must have been told by now; `None` if something kept the one
    /// from the other.
    fn must_be_stored(&self, name: &str, engine: &Engine) -> Option<Moment> {
        let machine = self.machines.iter().find(|machine| machine.name() == name)?;
        let (started, ended) = machine.lived()?;
        let latest = ended.checked_sub(BEHIND).filter(|latest| *latest >= started)?;
        let kept_up = self.mode == Mode::Behind && engine.well_since(latest.saturating_sub(BEHIND));
        kept_up.then(|| self.trace.moment(latest))
    }

    fn push(&self, name: &str, ring: &Arc<Ring>) {
        let Some(process) =
            self.machines.iter().find(|machine| machine.name() == name).and_then(|it| it.process())
        else {
            return;
        };
        let (ring, way) = (Arc::clone(ring), self.chance.millis(0, 20));
        tokio::spawn(process.gone.clone().run_until_cancelled_owned(async move {
            pass(way).await;
            // An older one than it knows by now is refused, and that is well.
            drop(process.cluster.adopt(&ring).await);
        }));
    }
}
