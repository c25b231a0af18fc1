//! How long requests take under visits that arrive by themselves.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::{LONG, Loaded, Run, ample_mib};
use crate::{
    bulk::Walk,
    clock::Clock,
    closed::run,
    distribution::{Lengths, TIMEOUT},
    engine::Engine,
    mix::Mix,
    open::{self, Latency, quantile_millis},
    peer::Peer,
    results::Measure,
    statistics::Better,
};

/// One comparison.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Who takes part.
    pub(crate) peers: Vec<Peer>,
    /// Who the others are compared with.
    pub(crate) baseline: Peer,
    /// How often each takes its turn.
    pub(crate) rounds: u32,
    /// What is offered.
    pub(crate) load: Load,
    /// Connections at most.
    pub(crate) connections: usize,
    /// Sessions stored beforehand.
    pub(crate) sessions: usize,
    /// Time measured, after a quarter as much of warming up.
    pub(crate) window: Duration,
    /// By how much think time, poll time and timeout are divided.
    pub(crate) compression: u32,
    /// A tenth of the pages go to sessions not touched since they were loaded, and the server has
    /// memory for a tenth of the bodies.
    pub(crate) cold: bool,
}

/// How much is offered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Load {
    /// This share of the server's own maximum in a closed loop, 0 to 1.
    Share(f64),
    /// This many requests per second.
    Rate(f64),
}

/// Runs `plan`.
pub(crate) fn measure(run: &mut Run, plan: &Plan) {
    let what = if plan.cold { "open loop, a tenth cold" } else { "open loop" };
    run.in_turns(what, &plan.peers, plan.rounds, |run, peer| one_turn(run, plan, peer));
}

fn one_turn(stage: &mut Run, plan: &Plan, peer: Peer) -> Result<()> {
    ensure!(peer != Peer::Ping, "ping stores nothing, so it cannot serve visits: leave it out");
    let timeout = u32::try_from(TIMEOUT.as_secs() / 60)?;
    ensure!(
        timeout.is_multiple_of(plan.compression),
        "--compression must divide the timeout of {timeout} minutes: 1, 2, 4, 5, 10 or 20"
    );
    let minutes = if plan.cold { LONG } else { timeout / plan.compression };
    let memory = match peer {
        _ if !plan.cold => ample_mib(plan.sessions),
        // Its keys and headers come out of the same memory; with less it drops sessions.
        Peer::MemcachedExtstore => tenth_mib(plan.sessions) + plan.sessions / 4096,
        _ => tenth_mib(plan.sessions),
    };
    let lengths = Lengths::LogNormal;
    let clock = Clock::start();
    let mut loaded = Loaded::start(stage, peer, lengths, plan.compression, minutes, memory)?;
    // The maximum is found on sessions that are in memory; those to be found cold come afterwards.
    let warm = if plan.cold { plan.sessions / 20 } else { plan.sessions };
    loaded.walk(Walk::Create, warm)?;
    let rate = match plan.load {
        Load::Rate(rate) => rate,
        Load::Share(share) => share * maximum(&mut loaded, plan)?,
    };
    loaded.walk(Walk::Create, plan.sessions - warm)?;
    ensure!(
        clock.elapsed() < Duration::from_secs(60 * u64::from(minutes)),
        "loading took longer than the sessions live: lower --sessions or --compression"
    );
    let offered = open::Plan {
        rate,
        warm_up: plan.window / 4,
        window: plan.window,
        compression: plan.compression,
        cold_share: if plan.cold { 0.1 } else { 0.0 },
        locks: loaded.target.dialect.locks(),
    };
    let mut engine = Engine::connect(&loaded.target, plan.connections)?;
    let latency = open::run(&mut engine, offered, &mut loaded.population, &mut loaded.draws)?;
    record(stage, plan, peer, rate, &latency);
    Ok(())
}

/// The server's own maximum in a closed loop, in requests per second.
fn maximum(loaded: &mut Loaded, plan: &Plan) -> Result<f64> {
    let mut engine = Engine::connect(&loaded.target, plan.connections)?;
    let Loaded { population, draws, .. } = loaded;
    let mut mix = Mix::new(plan.connections, population, draws)?;
    run(&mut engine, &mut mix, Some(plan.window / 10))?;
    let tally = run(&mut engine, &mut mix, Some(plan.window / 5))?;
    Ok(tally.requests as f64 / tally.elapsed.as_secs_f64())
}

fn record(stage: &mut Run, plan: &Plan, peer: Peer, rate: f64, latency: &Latency) {
    let load = match plan.load {
        Load::Share(share) => format!("{:.0} % of own maximum", share * 100.0),
        Load::Rate(rate) => format!("{rate:.0} requests/s"),
    };
    let visits = if plan.cold { "visits, a tenth of the pages cold" } else { "visits in memory" };
    let conditions = format!("{visits}, {load}, time compressed {} times", plan.compression);
    let mut add = |what: &str, unit, better, plotted, value| {
        let title = format!("{what}: {conditions}");
        let baseline = plan.baseline;
        stage.results.record(&Measure { title, unit, better, baseline, plotted }, peer, value);
    };
    add("Rate offered", "requests/s", Better::More, false, rate);
    for (name, share) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("Longest", 1.0)] {
        let value = quantile_millis(&latency.all, share);
        add(&format!("{name} latency"), "ms", Better::Less, name == "p99", value);
    }
    if plan.cold {
        let value = quantile_millis(&latency.cold, 0.99);
        add("p99 latency of the cold pages' first request", "ms", Better::Less, false, value);
    }
    if !latency.lock_wait.is_empty() {
        let value = quantile_millis(&latency.lock_wait, 0.5);
        add("Median wait for a lock that is held", "ms", Better::Less, false, value);
    }
    add("p99 from due to sent", "ms", Better::Less, false, quantile_millis(&latency.lag, 0.99));
}

/// MiB that hold a tenth of `sessions` bodies of 6.8 KiB, the mean; less than 64 is too
/// little for extstore's own buffers.
fn tenth_mib(sessions: usize) -> usize {
    (sessions * 68 / 10 / 1024 / 10).max(64)
}
