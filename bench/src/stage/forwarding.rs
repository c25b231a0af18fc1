//! What it costs to ask a node that has to pass the request on.
//!
//! Two nodes on one core and one ring in which only one of them owns sessions: whoever asks it is answered directly,
//! whoever asks the other one by way of it. Both ways are measured in turns on the same sessions, and the CPU of both
//! nodes counts in both.

use std::{net::SocketAddr, process::Child, time::Duration};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use super::{LOADERS, LONG, SEED, ample_mib};
use crate::{
    bulk::{Bulk, Walk},
    clock::Clock,
    closed::run,
    dialect::Dialect,
    distribution::{Draws, Lengths},
    engine::{Engine, Target},
    mix::Mix,
    population::Population,
    probe::Probe,
    process::Usage,
    server::{Ground, free_addresses, spawn},
    statistics::{Summary, summary},
};

/// One comparison.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// How often each way takes its turn.
    pub(crate) rounds: u32,
    /// Connections, one measurement for each number.
    pub(crate) connections: Vec<usize>,
    /// Sessions stored beforehand.
    pub(crate) sessions: usize,
    /// Time measured.
    pub(crate) window: Duration,
}

/// How long the nodes may take to find each other.
const START_LIMIT: Duration = Duration::from_mins(1);

/// Runs `plan` and returns its table.
///
/// # Errors
/// A node does not start or answers wrongly.
pub(crate) fn measure(ground: &Ground, plan: &Plan) -> Result<String> {
    let pair = Pair::start(ground, plan.sessions)?;
    let mut population = Population::new(true);
    let mut draws = Draws::new(SEED, Lengths::Fixed, 1)?;
    let mut engine = Engine::connect(&pair.target(Way::Direct), LOADERS)?;
    run(&mut engine, &mut Bulk::new(Walk::Create, plan.sessions, &mut population, &mut draws), None)?;
    let mut table = String::from(
        "| connections | direct, µs of CPU per request | forwarded, both nodes together | ratio, round by round |\n\
         |---|---|---|---|\n",
    );
    for &connections in &plan.connections {
        let mut costs: [Vec<f64>; 2] = Default::default();
        for round in 1..=plan.rounds {
            eprintln!("  {connections} connections, round {round} of {}", plan.rounds);
            for (way, costs) in [Way::Direct, Way::Forwarded].into_iter().zip(&mut costs) {
                let mut engine = Engine::connect(&pair.target(way), connections)?;
                let mut mix = Mix::new(connections, &mut population, &mut draws)?;
                run(&mut engine, &mut mix, Some(plan.window / 4))?;
                let before = pair.cpu()?;
                let tally = run(&mut engine, &mut mix, Some(plan.window))?;
                let cpu = pair.cpu()?.saturating_sub(before);
                costs.push(cpu.as_secs_f64() * 1e6 / tally.requests as f64);
            }
        }
        let ratios: Vec<f64> = costs[1].iter().zip(&costs[0]).map(|(there, here)| there / here).collect();
        let [direct, forwarded] = costs.map(|costs| shown(&costs));
        table.push_str(&format!("| {connections} | {direct} | {forwarded} | {} |\n", shown(&ratios)));
    }
    Ok(table)
}

fn shown(values: &[f64]) -> String {
    let Summary { median, min, max } = summary(values).expect("at least one round");
    format!("{median:.2} [{min:.2}, {max:.2}]")
}

/// Whom the generator asks.
#[derive(Clone, Copy)]
enum Way {
    /// The node that owns all sessions.
    Direct,
    /// The one that owns none.
    Forwarded,
}

/// Two nodes; gone when this is dropped.
struct Pair {
    owner: Node,
    gateway: Node,
    _ring: TempDir,
}

struct Node {
    child: Child,
    state: SocketAddr,
    _directory: TempDir,
}

impl Pair {
    fn start(ground: &Ground, sessions: usize) -> Result<Self> {
        let ring = tempfile::tempdir_in(&ground.scratch)?;
        let file = ring.path().join("ring.json");
        let [owner_peers, gateway_peers] = free_addresses()?;
        let text = format!(
            r#"{{"cluster": "bench", "epoch": 1, "unsettled": [], "members": [
                {{"name": "owner", "podUID": "", "address": "{owner_peers}", "state": "Active"}},
                {{"name": "gateway", "podUID": "", "address": "{gateway_peers}", "state": "Draining"}}]}}"#
        );
        std::fs::write(&file, text)?;
        let start = |name: &str, peers: SocketAddr| -> Result<Node> {
            let directory = tempfile::tempdir_in(&ground.scratch)?;
            let [state, admin] = free_addresses()?;
            let mut command = ["setpriv", "--pdeathsig", "KILL", "taskset", "-c"].map(String::from).to_vec();
            command.extend([ground.core.to_string(), ground.binaries.node.display().to_string()]);
            let memory = ample_mib(sessions);
            for (flag, value) in [
                ("--data-dir", directory.path().display().to_string()),
                ("--state-listen", state.to_string()),
                ("--admin-listen", admin.to_string()),
                ("--peer-listen", peers.to_string()),
                ("--ring-file", file.display().to_string()),
                ("--node-name", name.to_owned()),
                ("--acknowledge", "memory".to_owned()),
                ("--hot-tier", format!("{memory}MiB")),
            ] {
                command.extend([flag.to_owned(), value]);
            }
            let child = spawn(&command, directory.path())?;
            Ok(Node { child, state, _directory: directory })
        };
        let (owner, gateway) = (start("owner", owner_peers)?, start("gateway", gateway_peers)?);
        let pair = Self { owner, gateway, _ring: ring };
        pair.wait(Way::Direct)?;
        pair.wait(Way::Forwarded)?;
        Ok(pair)
    }

    fn target(&self, way: Way) -> Target {
        let node = match way {
            Way::Direct => &self.owner,
            Way::Forwarded => &self.gateway,
        };
        Target { address: node.state, dialect: Dialect::State, minutes: LONG }
    }

    /// Waits until it is answered that a session does not exist, which nobody says without knowing.
    fn wait(&self, way: Way) -> Result<()> {
        let (clock, address) = (Clock::start(), self.target(way).address);
        while let Err(error) = Probe::connect(address, Dialect::State, 1)
            .and_then(|mut probe| probe.ask(Population::ask_for_nobody(0), |_| ()))
        {
            if clock.elapsed() > START_LIMIT {
                bail!(error.context("the two nodes do not serve"));
            }
            #[expect(clippy::disallowed_methods, reason = "the pause between two attempts")]
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// What both have used together.
    fn cpu(&self) -> Result<Duration> {
        let used = |node: &Node| Usage::of(node.child.id()).context("a node has ended");
        Ok(used(&self.owner)?.cpu + used(&self.gateway)?.cpu)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
