//! What befalls a cluster during a run: planned operations and faults, drawn from the seed.

mod centres;
mod crashes;
mod engines;
mod links;
mod pods;

use std::sync::Arc;
use std::time::Duration;

use crate::chance::Chance;
use crate::engine::{Condition, Engine};
use crate::ledger::Ledger;
use crate::machine::{Machine, Stop};
use crate::network::{Link, Network};
use crate::operator::Operator;
use crate::rings::Rings;
use crate::time::{Time, pass};
use crate::trace::Trace;

/// What trouble needs to be made.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// All machines, those that are not in use yet included.
    pub machines: Vec<Arc<Machine>>,
    /// The node of the second data centre, if there is one.
    pub east: Option<Arc<Machine>>,
    /// The operator and its pods.
    pub operator: Arc<Operator>,
    /// The links.
    pub network: Network,
    /// The engine, if there is one.
    pub engine: Option<Engine>,
    /// The rings.
    pub rings: Rings,
    /// Told of crashes.
    pub ledger: Arc<Ledger>,
    /// Where events go.
    pub trace: Trace,
    /// What happens, to whom and for how long.
    pub chance: Chance,
}

/// One kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A pod is deleted and comes back: it hands its sessions over and gets its share again.
    Restart,
    /// One node fewer.
    ScaleIn,
    /// One node more.
    ScaleOut,
    /// A process is killed and starts again in place.
    Kill,
    /// A machine loses power and starts again.
    PowerCut,
    /// A machine stays away until it is excluded, and comes back later.
    StayAway,
    /// One node and the others do not reach each other; clients reach it.
    Isolate,
    /// One node hears nobody, or nobody hears it.
    OneWay,
    /// A node is out of sight of the operator and of one other, and cut off from all at the moment of its exclusion.
    Corner,
    /// Messages are lost.
    Lossy,
    /// Messages are late.
    Slow,
    /// A disk is slow.
    SlowDisk,
    /// Nobody changes the ring.
    OperatorAway,
    /// A machine stays away until it is excluded, and comes back with an empty volume.
    VolumeLost,
    /// The engine answers late.
    EngineSlow,
    /// Calls to the engine or its answers are lost.
    EngineLossy,
    /// Some nodes do not reach the engine, or do not hear it.
    EngineCut,
    /// The engine's process is away for a while.
    EngineDown,
    /// The engine takes no writes.
    EngineRefuses,
    /// The engine goes on with what a replica had some moments ago.
    EngineForgets,
    /// The data centres do not reach each other.
    CentresCut,
    /// The first data centre reaches neither the second nor the engine.
    FirstCentreLost,
    /// The second data centre reaches neither the first nor the engine.
    SecondCentreLost,
    /// The second data centre's process ends and starts again.
    SecondCentreCrashes,
}

impl Kind {
    const OFTEN: [Self; 18] = [
        Self::Restart,
        Self::Restart,
        Self::Restart,
        Self::ScaleIn,
        Self::ScaleOut,
        Self::ScaleOut,
        Self::Kill,
        Self::Kill,
        Self::PowerCut,
        Self::StayAway,
        Self::Isolate,
        Self::OneWay,
        Self::Corner,
        Self::Corner,
        Self::Lossy,
        Self::Slow,
        Self::SlowDisk,
        Self::OperatorAway,
    ];

    /// What comes on top of these where there is an engine.
    const WITH_ENGINE: [Self; 14] = [
        Self::VolumeLost,
        Self::VolumeLost,
        Self::VolumeLost,
        Self::EngineSlow,
        Self::EngineSlow,
        Self::EngineSlow,
        Self::EngineLossy,
        Self::EngineLossy,
        Self::EngineLossy,
        Self::EngineCut,
        Self::EngineCut,
        Self::EngineDown,
        Self::EngineRefuses,
        Self::EngineForgets,
    ];

    /// What comes on top of all these where there are two data centres.
    const WITH_TWO: [Self; 14] = [
        Self::CentresCut,
        Self::CentresCut,
        Self::CentresCut,
        Self::CentresCut,
        Self::CentresCut,
        Self::FirstCentreLost,
        Self::FirstCentreLost,
        Self::FirstCentreLost,
        Self::FirstCentreLost,
        Self::SecondCentreLost,
        Self::SecondCentreLost,
        Self::SecondCentreLost,
        Self::SecondCentreLost,
        Self::SecondCentreCrashes,
    ];

    fn often(engine: bool, two_centres: bool) -> Vec<Self> {
        let with_engine: &[Self] = if engine { &Self::WITH_ENGINE } else { &[] };
        let with_two: &[Self] = if two_centres { &Self::WITH_TWO } else { &[] };
        [&Self::OFTEN, with_engine, with_two].concat()
    }
}

impl Trouble {
    /// Makes trouble now and then until `end`, and waits until all of it is over.
    pub async fn make(self, end: Duration, time: Time) -> Vec<Kind> {
        let mut under_way = tokio::task::JoinSet::new();
        let mut made = Vec::new();
        let often = Kind::often(self.engine.is_some(), self.east.is_some());
        loop {
            pass(self.chance.millis(100, 900)).await;
            if time.now() >= end {
                break;
            }
            let kind = self.chance.pick(&often);
            let fork = Self { chance: self.chance.fork(), ..self.clone() };
            made.push(kind);
            under_way.spawn(async move { fork.one(kind).await });
        }
        while let Some(ended) = under_way.join_next().await {
            ended.expect("trouble ends well");
        }
        made
    }

    async fn one(&self, kind: Kind) {
        match kind {
            Kind::Restart => self.restart().await,
            Kind::ScaleIn => self.scale_in().await,
            Kind::ScaleOut => self.scale_out().await,
            Kind::Kill => self.crash(Stop::Killed, self.chance.millis(50, 1_500)).await,
            Kind::PowerCut => self.crash(Stop::PowerCut, self.chance.millis(200, 1_500)).await,
            Kind::StayAway => self.stay_away().await,
            Kind::Isolate => self.isolate().await,
            Kind::OneWay => self.one_way().await,
            Kind::Corner => self.corner().await,
            Kind::Lossy => {
                let lost_percent = self.chance.between(1, 25);
                self.some_links(Link { lost_percent, ..Link::default() }).await;
            }
            Kind::Slow => {
                let slowest_millis = self.chance.between(20, 400);
                self.some_links(Link { slowest_millis, ..Link::default() }).await;
            }
            Kind::SlowDisk => {
                let machine = self.chance.pick(&self.machines);
                self.trace.note(format_args!("{} gets a slow disk", machine.name()));
                machine.slow_down(Some(self.chance.between(20, 300)));
                pass(self.chance.millis(200, 2_000)).await;
                machine.slow_down(None);
            }
            Kind::OperatorAway => {
                self.trace.note("the operator is away");
                *self.operator.away.lock() = true;
                pass(self.chance.millis(300, 3_000)).await;
                *self.operator.away.lock() = false;
            }
            Kind::VolumeLost => self.lose_volume().await,
            Kind::EngineSlow => {
                let slowest_millis = self.chance.between(20, 900);
                self.engine_ways(Link { slowest_millis, ..Link::default() }).await;
            }
            Kind::EngineLossy => {
                let lost_percent = self.chance.between(2, 60);
                self.engine_ways(Link { lost_percent, ..Link::default() }).await;
            }
            Kind::EngineCut => self.engine_ways(Link::CUT).await,
            Kind::EngineDown => self.engine_turns(Condition::Down).await,
            Kind::EngineRefuses => self.engine_turns(self.refusal()).await,
            Kind::EngineForgets => self.fail_over().await,
            Kind::CentresCut => self.centres_cut().await,
            Kind::FirstCentreLost => self.centre_lost(true).await,
            Kind::SecondCentreLost => self.centre_lost(false).await,
            Kind::SecondCentreCrashes => self.centre_crashes().await,
        }
    }

    /// A machine with a pod on it that nobody else is busy with.
    fn victim(&self) -> Option<Arc<Machine>> {
        let with_pods = self.machines.iter().filter(|machine| {
            machine.process().is_some() && machine.number() < self.operator.pods.replicas()
        });
        let with_pods: Vec<_> = with_pods.cloned().collect();
        if with_pods.is_empty() {
            return None;
        }
        Some(self.chance.pick(&with_pods)).filter(|machine| machine.take())
    }
}
