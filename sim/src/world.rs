//! One run: a cluster, its visitors and its troubles, from the first ring to the last check.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::{AbortHandle, JoinSet};

use crate::audit::audit;
use crate::chance::Chance;
use crate::east::{self, East};
use crate::engine::Engine;
use crate::history::{Action, Event, Operation, Seen};
use crate::ledger::Ledger;
use crate::linear::{Verdict, check};
use crate::machine::{Centre, Machine, Site, Stop};
use crate::mode::Mode;
use crate::network::Network;
use crate::operator::{Operator, Pods};
use crate::panics;
use crate::report::Report;
use crate::rings::Rings;
use crate::settings::{self, STALE};
use crate::time::{Time, pass};
use crate::trace::Trace;
use crate::trouble::{Kind, Trouble};
use crate::visitor::{Visitor, Web};
use crate::watch::watch;

/// More machines than any cluster has nodes at its beginning.
const MACHINES: u16 = 7;
/// After the last trouble the cluster must come to rest within this time.
const REST: Duration = Duration::from_secs(40);
/// Longer than a session lives after its last use, and than its removal is remembered, by a clock that is slow.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// Everything in one run.
struct World {
    mode: Mode,
    time: Time,
    trace: Trace,
    network: Network,
    engine: Option<Engine>,
    machines: Vec<Arc<Machine>>,
    /// The second data centre, if there is one.
    east: Option<East>,
    operator: Arc<Operator>,
    rings: Rings,
    ledger: Arc<Ledger>,
    web: Arc<Web>,
    keys: Vec<String>,
    chance: Chance,
}

/// Runs the world of that seed on this thread.
///
/// # Panics
/// If no runtime can be made.
#[must_use]
pub fn run(seed: u64) -> Report {
    panics::watch();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without network");
    let mut report = runtime.block_on(async { World::new(seed).live(seed).await });
    drop(runtime);
    report.wrong.extend(panics::seen());
    report
}

impl World {
    fn new(seed: u64) -> Self {
        let (mode, chance, time) = (Mode::of(seed), Chance::of(seed), Time::begin());
        let (trace, rings) = (Trace::new(time), Rings::default());
        let network = Network::new(chance.fork(), trace.clone(), rings.clone());
        let keys: Vec<String> = (0..chance.between(4, 12)).map(|key| format!("key-{key}")).collect();
        let ledger = Arc::new(Ledger::new(trace.clone(), keys.iter().cloned()));
        let engine = mode
            .has_engine()
            .then(|| Engine::new(mode, network.clone(), Arc::clone(&ledger), trace.clone(), chance.fork()));
        let swing_back_after =
            if mode == Mode::Swing { chance.pick(&settings::SWING_BACK_AFTER) } else { None };
        let site = |number, nodes_there| {
            let (network, rings, trace) = (network.clone(), rings.clone(), trace.clone());
            let centre =
                (mode == Mode::Swing).then(|| Centre::new(number, 3 - number, nodes_there, swing_back_after));
            Site { network, mode, engine: engine.clone(), rings, centre, trace, chance: chance.fork() }
        };
        let name = |number: u16| format!("shop-{number}");
        let machine = |number| Machine::new(name(number), number, site(1, vec![east::NODE.to_owned()]));
        let machines: Vec<_> = (0..MACHINES).map(machine).collect();
        let east =
            (mode == Mode::Swing).then(|| East::new(MACHINES, site(2, (0..MACHINES).map(name).collect())));
        let operator = Arc::new(Operator {
            machines: machines.clone(),
            pods: Pods::default(),
            rings: rings.clone(),
            mode,
            engine: engine.clone(),
            network: network.clone(),
            ledger: Arc::clone(&ledger),
            trace: trace.clone(),
            chance: chance.fork(),
            time,
            away: Mutex::new(false),
            memory: Mutex::default(),
        });
        let web = Arc::new(Web {
            machines: machines.iter().chain(east.iter().map(|east| &east.machine)).cloned().collect(),
            engine: engine.clone(),
            ledger: Arc::clone(&ledger),
            time,
            contents: 0.into(),
        });
        Self {
            mode,
            time,
            trace,
            network,
            engine,
            machines,
            east,
            operator,
            rings,
            ledger,
            web,
            keys,
            chance,
        }
    }

    async fn live(self, seed: u64) -> Report {
        let replicas = self.chance.between(3, 5);
        self.operator.pods.scale(u16::try_from(replicas).expect("few"));
        for machine in &self.machines[..usize::try_from(replicas).expect("few")] {
            self.operator.pods.create(machine.name());
            machine.start().expect("an empty volume");
        }
        let mut background = vec![
            tokio::spawn(Arc::clone(&self.operator).run()).abort_handle(),
            tokio::spawn(watch(self.machines.clone(), self.rings.clone(), self.network.clone()))
                .abort_handle(),
        ];
        if let Some(east) = &self.east {
            east.machine.start().expect("an empty volume");
            let machine = vec![Arc::clone(&east.machine)];
            let watching = watch(machine, east.rings.clone(), self.network.clone());
            background.push(tokio::spawn(east.clone().hold()).abort_handle());
            background.push(tokio::spawn(watching).abort_handle());
        }
        let end = self.chance.millis(3_000, 7_000);
        let mut visits = JoinSet::new();
        for visitor in 0..self.chance.between(6, 14) {
            let visitor = Visitor {
                name: format!("visitor-{visitor}"),
                key: self.chance.pick(&self.keys),
                chance: self.chance.fork(),
                web: Arc::clone(&self.web),
            };
            visits.spawn(visitor.browse(end));
        }
        let trouble = Trouble {
            machines: self.machines.clone(),
            east: self.east.as_ref().map(|east| Arc::clone(&east.machine)),
            operator: Arc::clone(&self.operator),
            network: self.network.clone(),
            engine: self.engine.clone(),
            rings: self.rings.clone(),
            ledger: Arc::clone(&self.ledger),
            trace: self.trace.clone(),
            chance: self.chance.fork(),
        };
        let mut wrong = Vec::new();
        let troubles = tokio::time::timeout(end + REST, trouble.make(end, self.time)).await;
        let troubles = troubles.unwrap_or_else(|_| {
            wrong.push("a planned operation does not come to its end".to_owned());
            Vec::new()
        });
        while let Some(ended) = visits.join_next().await {
            wrong.extend(ended.err().map(|error| format!("a visitor ended badly: {error}")));
        }
        self.network.heal();
        wrong.extend(self.rest().await.err());
        let mut forgotten = self.engine.as_ref().map(Engine::forgotten).unwrap_or_default();
        forgotten.append(&mut self.ledger.unpromised());
        if wrong.is_empty() {
            let mut keys = self.keys.clone();
            keys.retain(|key| !forgotten.contains(key));
            wrong.extend(audit(&keys, self.mode, &self.web, &self.chance).await);
        }
        let mut report = self.report(seed, &troubles, &forgotten);
        wrong.extend(self.expire(&background).await);
        wrong.extend(self.network.broken());
        let mut histories = self.ledger.histories();
        histories.retain(|key, _| !forgotten.contains(key));
        if self.mode.is_through() {
            histories.values_mut().flatten().for_each(|operation| self.allow_for_a_cut(operation));
        }
        if self.engine.as_ref().is_none_or(Engine::orders_all) {
            wrong.extend(judge(&histories));
        }
        report.wrong = wrong;
        report
    }

    /// Waits until everybody who is wanted acts on the newest ring and nothing moves any more.
    async fn rest(&self) -> Result<(), String> {
        let give_up = self.time.now() + REST;
        while !self.rests() {
            if self.time.now() >= give_up {
                let reports = self.machines.iter().filter_map(|machine| {
                    Some(format!("{}: {:?}", machine.name(), machine.process()?.cluster.report()))
                });
                let reports = reports.collect::<Vec<_>>().join("\n");
                return Err(format!(
                    "the cluster does not come to rest\n{:?}\n{reports}",
                    self.rings.newest()
                ));
            }
            pass(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    fn rests(&self) -> bool {
        let Some(ring) = self.rings.newest() else { return false };
        let wanted: Vec<_> =
            self.machines.iter().filter(|machine| machine.number() < self.operator.pods.replicas()).collect();
        let settled = |machine: &&Arc<Machine>| {
            machine.process().is_some_and(|process| {
                let report = process.cluster.report();
                let heard = report.silent.is_empty() && process.cluster.joined();
                heard && report.epoch == ring.epoch && report.settled == ring.epoch
            })
        };
        let east_rests = self.east.as_ref().is_none_or(East::rests);
        ring.members.len() == wanted.len() && wanted.iter().all(settled) && east_rests
    }

    /// A node remembers what it stored, and shows it until it notices that others may have stood in for it.
    fn allow_for_a_cut(&self, operation: &mut Operation) {
        let (Event::Asked(Action::Get, Seen::Found(_)), Some(ended)) = (operation.event, operation.ended)
        else {
            return;
        };
        let earliest = self.trace.time(operation.begun).saturating_sub(STALE);
        if !self.network.was_well(earliest, self.trace.time(ended)) {
            operation.begun = self.trace.moment(earliest).min(operation.begun);
        }
    }

    /// Ends everything, and lets so much time pass that no session is left.
    async fn expire(&self, background: &[AbortHandle]) -> Option<String> {
        let engine = self.engine.as_ref()?;
        background.iter().for_each(AbortHandle::abort);
        self.web.machines.iter().for_each(|machine| machine.stop(Stop::Killed));
        pass(LIFETIME).await;
        let left = engine.items();
        (left > 0).then(|| format!("the engine holds {left} sessions that nobody asked for in {LIFETIME:?}"))
    }

    fn report(&self, seed: u64, troubles: &[Kind], forgotten: &BTreeSet<String>) -> Report {
        let mut made = BTreeMap::new();
        for kind in troubles {
            *made.entry(*kind).or_default() += 1;
        }
        let histories = self.ledger.histories();
        let operations = histories.values().flatten();
        Report {
            seed,
            mode: self.mode,
            forgotten: forgotten.len(),
            operations: operations.clone().count(),
            unanswered: operations.filter(|operation| operation.is_unanswered()).count(),
            rings: self.rings.newest().map_or(0, |ring| ring.epoch),
            moved: self.network.moved(),
            troubles: made,
            lasted: self.time.now(),
            fingerprint: self.trace.fingerprint(),
            wrong: Vec::new(),
            lines: self.trace.lines(),
        }
    }
}

/// What is wrong with the histories.
fn judge(histories: &BTreeMap<String, Vec<Operation>>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (key, history) in histories {
        wrong.extend(
            granted_twice(history).map(|cookie| format!("{key}: the lock {cookie} was granted twice")),
        );
        match check(history) {
            Verdict::Explained => {}
            Verdict::TooMany => {
                wrong.push(format!("{key}: the history cannot be judged, it allows too much"));
            }
            Verdict::Impossible { operation, before } => {
                wrong.push(format!("{key}: {:?} is impossible after {before}", history[operation]));
            }
        }
    }
    wrong
}

/// A cookie that two clients were told of: a late commit of the first would be taken for the second one's.
fn granted_twice(history: &[Operation]) -> Option<i32> {
    let mut granted = BTreeSet::new();
    let mut cookies = history.iter().filter_map(|operation| match operation.event {
        Event::Asked(Action::Acquire, Seen::Acquired { cookie, .. }) => Some(cookie),
        _ => None,
    });
    cookies.find(|cookie| !granted.insert(*cookie))
}
