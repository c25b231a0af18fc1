//! How soon a server is back after it was killed, and whether all it had acknowledged is back too.

use anyhow::{Result, ensure};

use super::{LONG, Loaded, Run, ample_mib};
use crate::{
    bulk::Walk, clock::Clock, distribution::Lengths, peer::Peer, results::Measure, statistics::Better,
};

/// One comparison.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Who takes part; all keep on disk what they acknowledge.
    pub(crate) peers: Vec<Peer>,
    /// Who the others are compared with.
    pub(crate) baseline: Peer,
    /// How often each takes its turn.
    pub(crate) rounds: u32,
    /// Sessions stored, with bodies of 512 bytes.
    pub(crate) sessions: usize,
}

/// About how many sessions, spread evenly, must come back before all count as served.
const SAMPLE: usize = 1000;

/// Runs `plan`.
pub(crate) fn measure(run: &mut Run, plan: &Plan) {
    run.in_turns("restart", &plan.peers, plan.rounds, |run, peer| one_turn(run, plan, peer));
}

fn one_turn(run: &mut Run, plan: &Plan, peer: Peer) -> Result<()> {
    ensure!(
        peer.durable(),
        "{} may lose what it acknowledged when killed: compare cloakroom and redis-always",
        peer.name()
    );
    let sessions = plan.sessions;
    let mut loaded = Loaded::start(run, peer, Lengths::Small, 1, LONG, ample_mib(sessions))?;
    loaded.walk(Walk::Create, sessions)?;
    let first = loaded.server.kill_and_restart()?;
    let clock = Clock::start();
    loaded.target = loaded.server.target(LONG)?;
    loaded.walk(Walk::Sample(sessions.div_ceil(SAMPLE)), sessions)?;
    let all = first + clock.elapsed();
    for (what, time) in [("first answer", first), ("all served", all)] {
        let measure = Measure {
            title: format!("Time from start to {what}: {sessions} sessions of 512 B, after kill -9"),
            unit: "ms",
            better: Better::Less,
            baseline: plan.baseline,
            plotted: what == "all served",
        };
        run.results.record(&measure, peer, time.as_secs_f64() * 1000.0);
    }
    // The sample gave the time; the promise is about every single one.
    loaded.walk(Walk::Read, sessions)
}
