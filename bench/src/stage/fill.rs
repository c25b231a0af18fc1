//! How much memory a stored session takes.

use anyhow::Result;

use super::{LONG, Loaded, Run, ample_mib};
use crate::{bulk::Walk, distribution::Lengths, peer::Peer, results::Measure, statistics::Better};

/// One comparison.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Who takes part.
    pub(crate) peers: Vec<Peer>,
    /// Who the others are compared with.
    pub(crate) baseline: Peer,
    /// How often each takes its turn.
    pub(crate) rounds: u32,
    /// Sessions stored.
    pub(crate) sessions: usize,
    /// Lengths of bodies.
    pub(crate) lengths: Lengths,
    /// Whether bodies are in memory, or only what is needed to find them on disk.
    pub(crate) tier: Tier,
}

/// Where bodies are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Tier {
    /// Memory is ample.
    Memory,
    /// Memory is 16 MiB, so nearly all are on disk only.
    Disk,
}

/// Runs `plan`.
pub(crate) fn measure(run: &mut Run, plan: &Plan) {
    run.in_turns("filling", &plan.peers, plan.rounds, |run, peer| match plan.tier {
        Tier::Memory => in_memory(run, plan, peer),
        Tier::Disk => on_disk(run, plan, peer),
    });
}

/// Resident bytes beyond keys and bodies, after loading and after every body was replaced by one of
/// another length.
fn in_memory(run: &mut Run, plan: &Plan, peer: Peer) -> Result<()> {
    let sessions = plan.sessions;
    let mut loaded = Loaded::start(run, peer, plan.lengths, 1, LONG, ample_mib(sessions))?;
    let empty = loaded.server.usage()?.resident;
    let measure = |when: &str| {
        let title = format!("Resident bytes per session beyond key and body: {when}, {sessions} sessions");
        Measure { title, unit: "bytes", better: Better::Less, baseline: plan.baseline, plotted: false }
    };
    for (walk, when) in [(Walk::Create, "loaded"), (Walk::Rewrite, "every body replaced")] {
        loaded.walk(walk, sessions)?;
        let grown = loaded.server.usage()?.resident as f64 - empty as f64;
        let beyond = (grown - loaded.population.bytes() as f64) / sessions as f64;
        run.results.record(&measure(when), peer, beyond);
    }
    // What was counted must really be stored.
    loaded.walk(Walk::Read, sessions)
}

/// Resident bytes per session on disk, from how much the second half of the sessions added: what the
/// server holds anyway then cancels out.
fn on_disk(run: &mut Run, plan: &Plan, peer: Peer) -> Result<()> {
    let half = plan.sessions / 2;
    let mut loaded = Loaded::start(run, peer, plan.lengths, 1, LONG, 16)?;
    let mut resident = [0.0; 2];
    for bytes in &mut resident {
        loaded.walk(Walk::Create, half)?;
        *bytes = loaded.server.usage()?.resident as f64;
    }
    let measure = Measure {
        title: format!("Resident bytes per session on disk: {} sessions, 16 MiB of memory", 2 * half),
        unit: "bytes",
        better: Better::Less,
        baseline: plan.baseline,
        plotted: false,
    };
    run.results.record(&measure, peer, (resident[1] - resident[0]) / half as f64);
    loaded.walk(Walk::Read, 2 * half)
}
