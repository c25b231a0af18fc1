//! How much a server can do at most, and at what CPU cost per request.

use std::time::Duration;

use anyhow::Result;

use super::{LONG, Loaded, Run, ample_mib};
use crate::{
    bulk::Walk, closed::run, distribution::Lengths, engine::Engine, mix::Mix, peer::Peer, results::Measure,
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
    /// Connections, one measurement for each number.
    pub(crate) connections: Vec<usize>,
    /// Lengths of bodies.
    pub(crate) lengths: Lengths,
    /// Sessions stored beforehand.
    pub(crate) sessions: usize,
    /// Time measured.
    pub(crate) window: Duration,
}

/// Runs `plan`.
pub(crate) fn measure(run: &mut Run, plan: &Plan) {
    run.in_turns("closed loop", &plan.peers, plan.rounds, |run, peer| one_turn(run, plan, peer));
}

fn one_turn(stage: &mut Run, plan: &Plan, peer: Peer) -> Result<()> {
    let mut loaded = Loaded::start(stage, peer, plan.lengths, 1, LONG, ample_mib(plan.sessions))?;
    loaded.walk(Walk::Create, plan.sessions)?;
    for &connections in &plan.connections {
        let mut engine = Engine::connect(&loaded.target, connections)?;
        let mut mix = Mix::new(connections, &mut loaded.population, &mut loaded.draws)?;
        run(&mut engine, &mut mix, Some(plan.window / 4))?;
        let before = loaded.server.usage()?;
        let tally = run(&mut engine, &mut mix, Some(plan.window))?;
        let after = loaded.server.usage()?;
        let requests = tally.requests as f64;
        let measures = Measures { plan, connections };
        let (cpu, elapsed) = (after.cpu - before.cpu, tally.elapsed);
        stage.results.record(&measures.cpu(), peer, cpu.as_secs_f64() * 1e6 / requests);
        stage.results.record(&measures.rate(), peer, requests / elapsed.as_secs_f64());
        stage.results.record(&measures.busy(), peer, cpu.div_duration_f64(elapsed) * 100.0);
        if peer.writes() {
            let share = (after.written - before.written) as f64 / tally.bytes_put as f64;
            stage.results.record(&measures.written(), peer, share);
        }
    }
    Ok(())
}

struct Measures<'a> {
    plan: &'a Plan,
    connections: usize,
}

impl Measures<'_> {
    fn cpu(&self) -> Measure {
        self.named("Server CPU per request", "µs", Better::Less, self.plan.lengths == Lengths::Fixed)
    }

    fn rate(&self) -> Measure {
        // A durable server is judged by what it gets done, not by its CPU: it mostly waits.
        self.named("Maximum rate", "requests/s", Better::More, self.plan.baseline.durable())
    }

    fn busy(&self) -> Measure {
        // Where this is far below 100 % the generator or the disk was the limit, not the server's CPU.
        self.named("Server's core in use at that rate", "%", Better::More, false)
    }

    fn written(&self) -> Measure {
        self.named("Bytes written per body byte put", "bytes", Better::Less, false)
    }

    fn named(&self, what: &str, unit: &'static str, better: Better, plotted: bool) -> Measure {
        let bodies = match self.plan.lengths {
            Lengths::Small => "512 B",
            Lengths::Fixed => "4 KiB",
            Lengths::LogNormal => "log-normal",
        };
        let kind = if self.plan.baseline.durable() { "durable, " } else { "" };
        let connections = self.connections;
        Measure {
            title: format!("{what}: {kind}{connections} connections, {bodies} bodies"),
            unit,
            better,
            baseline: self.plan.baseline,
            plotted,
        }
    }
}
