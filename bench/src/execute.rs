//! Carries out a command line: measures, then writes the results.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::thread::{CpuSet, sched_setaffinity};

use crate::{
    all::{self, Size},
    cli::{Action, Cli, Place, Visits},
    machine::Provenance,
    modes, ping, report,
    results::Results,
    server::Ground,
    stage::{
        Run, client, closed, fill, forwarding,
        open::{self, Load},
        restart, soak,
    },
};

/// Does what `cli` says.
///
/// # Errors
/// Whatever ends a run: a missing program, a failed server, a wrong answer, an unwritable folder.
pub fn execute(cli: Cli) -> Result<()> {
    match cli.action {
        Action::PingServer { listen } => ping::serve(listen),
        Action::All { full, place, .. } => {
            let size = if full { Size::FULL } else { Size::QUICK };
            reported("all", &place, |run| all::measure(run, size))
        }
        Action::Backing { full, place, .. } => {
            let size = if full { modes::Size::FULL } else { modes::Size::QUICK };
            reported("backing", &place, |run| modes::measure(run, size))
        }
        Action::Client { full, callers, place, .. } => {
            let (rounds, window) = if full { client::Plan::FULL } else { client::Plan::QUICK };
            let plan = client::Plan { rounds, window, callers };
            page(&place, "client", "What a call costs its caller", |ground| client::measure(ground, &plan))
        }
        Action::Forwarding { connections, rounds, seconds, sessions, place } => {
            let window = Duration::from_secs(seconds);
            let plan = forwarding::Plan { rounds, connections, sessions, window };
            page(&place, "forwarding", "A request that is passed on", |ground| {
                forwarding::measure(ground, &plan)
            })
        }
        Action::Closed { connections, lengths, turns, place } => {
            let plan = closed::Plan {
                baseline: turns.baseline(),
                window: turns.window(),
                rounds: turns.rounds,
                sessions: turns.sessions,
                peers: turns.peers,
                connections,
                lengths,
            };
            reported("closed", &place, |run| closed::measure(run, &plan))
        }
        Action::Open(visits) => open_loop("open", visits, false),
        Action::Cold(visits) => open_loop("cold", visits, true),
        Action::Fill { lengths, tier, turns, place } => {
            let plan = fill::Plan {
                baseline: turns.baseline(),
                rounds: turns.rounds,
                sessions: turns.sessions,
                peers: turns.peers,
                lengths,
                tier,
            };
            reported("fill", &place, |run| fill::measure(run, &plan))
        }
        Action::Soak { minutes, rate, connections, compression, place } => {
            let window = Duration::from_secs(60 * minutes);
            let plan = soak::Plan { window, rate, connections, compression };
            reported("soak", &place, |run| soak::measure(run, &plan))
        }
        Action::Restart { turns, place } => {
            let plan = restart::Plan {
                baseline: turns.baseline(),
                rounds: turns.rounds,
                sessions: turns.sessions,
                peers: turns.peers,
            };
            reported("restart", &place, |run| restart::measure(run, &plan))
        }
    }
}

/// A page of its own: it compares several ways to the same nodes, not servers.
fn page(
    place: &Place,
    name: &str,
    heading: &str,
    measure: impl FnOnce(&Ground) -> Result<String>,
) -> Result<()> {
    let provenance = Provenance::gather(place.date.clone())?;
    let ground = place.ground()?;
    pin(place.generator_core)?;
    let table = measure(&ground)?;
    eprintln!("{table}");
    report::write_page(&place.results, place.name.as_deref().unwrap_or(name), &provenance, heading, &table)
}

fn open_loop(name: &str, visits: Visits, cold: bool) -> Result<()> {
    let Visits { rate, share, connections, compression, turns, place } = visits;
    let plan = open::Plan {
        baseline: turns.baseline(),
        window: turns.window(),
        rounds: turns.rounds,
        sessions: turns.sessions,
        peers: turns.peers,
        load: rate.map_or(Load::Share(share / 100.0), Load::Rate),
        connections,
        compression,
        cold,
    };
    reported(name, &place, |run| open::measure(run, &plan))
}

/// Runs `measure` from the generator's core and writes down what it found, under `name` unless
/// `place` gives another.
fn reported(name: &str, place: &Place, measure: impl FnOnce(&mut Run)) -> Result<()> {
    // Gathered first: a bad date must not be found after half an hour.
    let provenance = Provenance::gather(place.date.clone())?;
    let ground = place.ground()?;
    pin(place.generator_core)?;
    let mut run = Run { ground, results: Results::default() };
    measure(&mut run);
    run.results.drop_disturbed_rounds();
    let name = place.name.as_deref().unwrap_or(name);
    report::write(&place.results, name, &provenance, &run.results, &run.ground.binaries)?;
    let failures = &run.results.failures;
    ensure!(failures.is_empty(), "{}", failures.join("\n"));
    Ok(())
}

fn pin(generator_core: usize) -> Result<()> {
    let mut core = CpuSet::new();
    core.set(generator_core);
    sched_setaffinity(None, &core)
        .with_context(|| format!("cannot run on core {generator_core}: give --generator-core"))
}
