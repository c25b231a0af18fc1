//! One run: a cluster, its visitors and its troubles, from the first ring to the last check.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::JoinSet;

use crate::audit::audit;
use crate::chance::Chance;
use crate::history::Operation;
use crate::ledger::Ledger;
use crate::linear::{Verdict, check};
use crate::machine::{Machine, Site};
use crate::network::Network;
use crate::operator::{Operator, Pods};
use crate::panics;
use crate::report::Report;
use crate::rings::Rings;
use crate::time::{Time, pass};
use crate::trace::Trace;
use crate::trouble::{Kind, Trouble};
use crate::visitor::{Visitor, Web};
use crate::watch::watch;

/// More machines than any cluster has nodes at its beginning.
const MACHINES: u16 = 7;
/// After the last trouble the cluster must come to rest within this time.
const REST: Duration = Duration::from_secs(40);

/// Everything in one run.
struct World {
    time: Time,
    trace: Trace,
    network: Network,
    machines: Vec<Arc<Machine>>,
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
        let (chance, time) = (Chance::of(seed), Time::begin());
        let (trace, rings) = (Trace::new(time), Rings::default());
        let network = Network::new(chance.fork(), trace.clone(), rings.clone());
        let machine = |number| {
            let (network, rings, trace) = (network.clone(), rings.clone(), trace.clone());
            Machine::new(number, Site { network, rings, trace, chance: chance.fork() })
        };
        let machines: Vec<_> = (0..MACHINES).map(machine).collect();
        let keys: Vec<String> = (0..chance.between(4, 12)).map(|key| format!("key-{key}")).collect();
        let ledger = Arc::new(Ledger::new(trace.clone(), keys.iter().cloned()));
        let operator = Arc::new(Operator {
            machines: machines.clone(),
            pods: Pods::default(),
            rings: rings.clone(),
            network: network.clone(),
            ledger: Arc::clone(&ledger),
            trace: trace.clone(),
            chance: chance.fork(),
            time,
            away: Mutex::new(false),
            memory: Mutex::default(),
        });
        let web = Arc::new(Web {
            machines: machines.clone(),
            ledger: Arc::clone(&ledger),
            time,
            contents: 0.into(),
        });
        Self { time, trace, network, machines, operator, rings, ledger, web, keys, chance }
    }

    async fn live(self, seed: u64) -> Report {
        let replicas = self.chance.between(3, 5);
        self.operator.pods.scale(u16::try_from(replicas).expect("few"));
        for machine in &self.machines[..usize::try_from(replicas).expect("few")] {
            self.operator.pods.create(machine.name());
            machine.start().expect("an empty volume");
        }
        tokio::spawn(Arc::clone(&self.operator).run());
        tokio::spawn(watch(self.machines.clone(), self.rings.clone(), self.network.clone()));
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
            operator: Arc::clone(&self.operator),
            network: self.network.clone(),
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
        if wrong.is_empty() {
            wrong.extend(audit(&self.keys, &self.web, &self.chance).await);
        }
        wrong.extend(self.network.broken());
        let histories = self.ledger.histories();
        wrong.extend(judge(&histories));
        self.report(seed, &troubles, &histories, wrong)
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
        ring.members.len() == wanted.len() && wanted.iter().all(settled)
    }

    fn report(
        &self,
        seed: u64,
        troubles: &[Kind],
        histories: &BTreeMap<String, Vec<Operation>>,
        wrong: Vec<String>,
    ) -> Report {
        let mut made = BTreeMap::new();
        for kind in troubles {
            *made.entry(*kind).or_default() += 1;
        }
        let operations = histories.values().flatten();
        Report {
            seed,
            operations: operations.clone().count(),
            unanswered: operations.filter(|operation| operation.is_unanswered()).count(),
            rings: self.rings.newest().map_or(0, |ring| ring.epoch),
            moved: self.network.moved(),
            troubles: made,
            lasted: self.time.now(),
            fingerprint: self.trace.fingerprint(),
            wrong,
            lines: self.trace.lines(),
        }
    }
}

/// What is wrong with the histories.
fn judge(histories: &BTreeMap<String, Vec<Operation>>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (key, history) in histories {
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
