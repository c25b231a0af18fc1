//! Many seeds, side by side on all cores.
#![expect(clippy::disallowed_methods, reason = "a tool tells people how many seeds a second it runs")]

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use cloakroom_node::guard::Guard;
use parking_lot::Mutex;

use crate::mode::Mode;
use crate::report::Report;
use crate::trouble::Kind;
use crate::world;

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The first seed.
    pub first: u64,
    /// How many.
    pub seeds: u64,
    /// Only those of this mode.
    pub mode: Option<Mode>,
    /// Begin no run after this many seconds.
    pub within_seconds: Option<u64>,
    /// The guard that the nodes go without.
    pub guard_off: Option<Guard>,
}

/// What all runs came to.
#[derive(Clone, Debug, Default)]
pub struct Total {
    /// Runs.
    pub seeds: u64,
    /// Of which mode how many.
    pub modes: BTreeMap<Mode, u64>,
    /// Seeds of the runs in which something was wrong.
    pub failed: Vec<u64>,
    /// Operations of clients.
    pub operations: u64,
    /// Those of them that had no answer.
    pub unanswered: u64,
    /// Rings published.
    pub rings: u64,
    /// Sessions moved.
    pub moved: u64,
    /// Sessions that were not judged: an engine forgot something, or two nodes were lost with them at once.
    pub forgotten: u64,
    /// Troubles, by kind.
    pub troubles: BTreeMap<Kind, u64>,
    /// Virtual time.
    pub lasted: Duration,
    /// Real time.
    pub took: Duration,
}

/// The guard of that name.
///
/// # Errors
/// What to write instead.
pub fn guard(name: &str) -> Result<Guard, String> {
    if !cfg!(feature = "removable-guards") {
        return Err("guards are built in; build with --features removable-guards to take one out".to_owned());
    }
    let named = Guard::ALL.into_iter().find(|guard| format!("{guard:?}") == name);
    named.ok_or_else(|| format!("there is no guard {name}; write one of {:?}", Guard::ALL))
}

/// The mode of that name.
///
/// # Errors
/// What to write instead.
pub fn mode(name: &str) -> Result<Mode, String> {
    let named = Mode::ALL.into_iter().find(|mode| format!("{mode:?}") == name);
    named.ok_or_else(|| format!("there is no mode {name}; write one of {:?}", Mode::ALL))
}

/// The command that repeats one run.
#[must_use]
pub fn replay(seed: u64, guard_off: Option<Guard>) -> String {
    match guard_off {
        None => format!("cargo run -p cloakroom-sim -- --seed {seed} --trace"),
        Some(guard) => format!(
            "cargo run -p cloakroom-sim --features removable-guards -- --seed {seed} --guard-off {guard:?} --trace"
        ),
    }
}

/// Runs them; `each` sees every report, one at a time.
pub fn run(wanted: &Wanted, each: impl Fn(&Report) + Sync) -> Total {
    let started = Instant::now();
    let next = AtomicU64::new(wanted.first);
    let end = wanted.first.saturating_add(wanted.seeds);
    let in_time =
        || wanted.within_seconds.is_none_or(|seconds| started.elapsed() < Duration::from_secs(seconds));
    let total = Mutex::new(Total::default());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(|| {
                take_out(wanted.guard_off);
                while in_time() {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        break;
                    }
                    if wanted.mode.is_some_and(|mode| mode != Mode::of(seed)) {
                        continue;
                    }
                    let report = world::run(seed);
                    let mut total = total.lock();
                    total.add(&report);
                    each(&report);
                }
            });
        }
    });
    let mut total = total.into_inner();
    total.failed.sort_unstable();
    total.took = started.elapsed();
    total
}

/// The nodes of this thread go without that guard.
#[cfg(feature = "removable-guards")]
pub fn take_out(guard: Option<Guard>) {
    cloakroom_node::guard::remove(guard);
}

#[cfg(not(feature = "removable-guards"))]
fn take_out(_: Option<Guard>) {}

impl Total {
    fn add(&mut self, report: &Report) {
        self.seeds += 1;
        if !report.wrong.is_empty() {
            self.failed.push(report.seed);
        }
        *self.modes.entry(report.mode).or_default() += 1;
        self.forgotten += report.forgotten as u64;
        self.operations += report.operations as u64;
        self.unanswered += report.unanswered as u64;
        self.rings += report.rings;
        self.moved += report.moved;
        self.lasted += report.lasted;
        for (kind, count) in &report.troubles {
            *self.troubles.entry(*kind).or_default() += u64::from(*count);
        }
    }
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.took.as_secs_f64().max(1e-9);
        writeln!(
            f,
            "{} seeds in {seconds:.1} s ({:.1} a second), {:.0} s of virtual time",
            self.seeds,
            self.seeds as f64 / seconds,
            self.lasted.as_secs_f64()
        )?;
        let modes: Vec<String> = self.modes.iter().map(|(mode, seeds)| format!("{seeds} {mode}")).collect();
        writeln!(
            f,
            "{}; {} sessions not judged: their engine forgot, or two nodes were lost with them",
            modes.join("; "),
            self.forgotten
        )?;
        writeln!(
            f,
            "{} operations ({} unanswered), {} rings, {} moves, {:?}",
            self.operations, self.unanswered, self.rings, self.moved, self.troubles
        )?;
        write!(f, "{} seeds failed: {:?}", self.failed.len(), self.failed)
    }
}
