//! Whether memory, descriptors and disk stay level for as long as visits come, end and expire.

use std::{sync::mpsc, thread, time::Duration};

use anyhow::{Result, ensure};

use super::{Loaded, Run};
use crate::{
    distribution::{Lengths, TIMEOUT},
    engine::Engine,
    open::{self, quantile_millis},
    peer::Peer,
    results::Measure,
    statistics::{Better, slope},
    watch::Sample,
};

/// One soak.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Time measured, after two timeouts of warming up: then as many sessions expire as arrive.
    pub(crate) window: Duration,
    /// Requests per second.
    pub(crate) rate: f64,
    /// Connections at most.
    pub(crate) connections: usize,
    /// By how much think time, poll time and timeout are divided.
    pub(crate) compression: u32,
}

/// Less than the sessions that live at a time, so that they go to disk and come back.
const MEMORY_MIB: usize = 16;

const MIB: f64 = 1024.0 * 1024.0;

/// Runs `plan`.
pub(crate) fn measure(run: &mut Run, plan: &Plan) {
    run.in_turns("soak", &[Peer::Cloakroom], 1, |run, _| one_turn(run, *plan));
}

fn one_turn(run: &mut Run, plan: Plan) -> Result<()> {
    let timeout = u32::try_from(TIMEOUT.as_secs() / 60)?;
    ensure!(
        plan.compression != 0 && timeout.is_multiple_of(plan.compression),
        "--compression must divide the timeout of {timeout} minutes: 1, 2, 4, 5, 10 or 20"
    );
    let minutes = timeout / plan.compression;
    let mut loaded =
        Loaded::start(run, Peer::Cloakroom, Lengths::LogNormal, plan.compression, minutes, MEMORY_MIB)?;
    let offered = open::Plan {
        rate: plan.rate,
        warm_up: 2 * TIMEOUT / plan.compression,
        window: plan.window,
        compression: plan.compression,
        cold_share: 0.0,
        locks: loaded.target.dialect.locks(),
    };
    let mut engine = Engine::connect(&loaded.target, plan.connections)?;
    let watched = loaded.server.watched();
    let (latency, samples) = thread::scope(|scope| {
        let (watching, stop) = mpsc::channel();
        let watcher = scope.spawn(move || watched.watch(&stop));
        let latency = open::run(&mut engine, offered, &mut loaded.population, &mut loaded.draws);
        drop(watching);
        (latency, watcher.join().expect("the watcher returns its errors"))
    });
    let latency = latency?;
    let samples: Vec<_> = samples?.into_iter().filter(|sample| sample.at >= offered.warm_up).collect();
    ensure!(samples.len() > 1, "too short to see a trend: raise --minutes");

    let conditions =
        format!("{:.0} minutes of visits, {:.0} requests/s", plan.window.as_secs_f64() / 60.0, plan.rate);
    let mut add = |what: &str, unit, value| {
        let title = format!("{what}: {conditions}");
        let measure =
            Measure { title, unit, better: Better::Less, baseline: Peer::Cloakroom, plotted: false };
        run.results.record(&measure, Peer::Cloakroom, value);
    };
    let trend = |of: fn(&Sample) -> f64| {
        let points: Vec<_> =
            samples.iter().map(|sample| (sample.at.as_secs_f64() / 3600.0, of(sample))).collect();
        slope(&points)
    };
    let mean = |of: fn(&Sample) -> f64| samples.iter().map(of).sum::<f64>() / samples.len() as f64;
    add("Live sessions", "sessions", mean(|sample| sample.sessions as f64));
    add("Live sessions, change", "sessions/h", trend(|sample| sample.sessions as f64));
    add("Resident memory", "MiB", mean(|sample| sample.resident as f64 / MIB));
    add("Resident memory, change", "MiB/h", trend(|sample| sample.resident as f64 / MIB));
    add("Open descriptors", "descriptors", mean(|sample| sample.descriptors as f64));
    add("Open descriptors, change", "descriptors/h", trend(|sample| sample.descriptors as f64));
    add("Live journal", "MiB", mean(|sample| sample.live as f64 / MIB));
    add(
        "Journal per live byte",
        "bytes",
        mean(|sample| (sample.live + sample.dead) as f64 / sample.live as f64),
    );
    add("Data directory", "MiB", mean(|sample| sample.disk as f64 / MIB));
    add("Data directory, change", "MiB/h", trend(|sample| sample.disk as f64 / MIB));
    add("p99 latency", "ms", quantile_millis(&latency.all, 0.99));
    Ok(())
}
