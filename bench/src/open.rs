//! The open loop: visits arrive whether or not the server keeps up, and latency counts from the
//! moment a request was due, so that a stall is charged to every request it delayed.

mod agenda;
mod latency;
mod visit;

use std::time::Duration;

use anyhow::{Result, ensure};

pub(crate) use latency::{Latency, quantile_millis};

use self::{agenda::Agenda, visit::Visits};
use crate::{clock::Clock, distribution::Draws, engine::Engine, population::Population};

/// One open-loop run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Requests per second to offer.
    pub(crate) rate: f64,
    /// Time before anything is recorded.
    pub(crate) warm_up: Duration,
    /// Time recorded.
    pub(crate) window: Duration,
    /// By how much think and poll times are divided.
    pub(crate) compression: u32,
    /// Share of pages that go to a session untouched since it was loaded.
    pub(crate) cold_share: f64,
    /// Whether the server keeps sessions locked; if not, no two pages of a session overlap.
    pub(crate) locks: bool,
}

/// How long past the end answers are waited for.
const DRAIN: Duration = Duration::from_secs(10);

/// The longest wait for a reply before the agenda is looked at again.
const NAP: Duration = Duration::from_millis(10);

/// Offers visits to the server behind `engine`; `population` holds the sessions already stored.
///
/// # Errors
/// A connection breaks, a reply is wrong, or answers are still missing 10 s after the end: the
/// server is far from serving the rate.
pub(crate) fn run(
    engine: &mut Engine,
    plan: Plan,
    population: &mut Population,
    draws: &mut Draws,
) -> Result<Latency> {
    ensure!(plan.rate >= 1.0, "--rate must be 1 request per second or more, not {}", plan.rate);
    let end = plan.warm_up + plan.window;
    let mut latency = Latency::new(plan.warm_up..end);
    let mut agenda = Agenda::default();
    let mut visits = Visits::new(plan, population, draws);
    visits.begin(&mut agenda)?;
    // Taken and given back at the end, as the real client's pool does.
    let mut idle: Vec<usize> = (0..engine.connections()).collect();
    let mut under_way = vec![None; idle.len()];
    let clock = Clock::start();
    loop {
        let now = clock.elapsed();
        let missing = under_way.len() - idle.len();
        if now >= end && missing == 0 {
            return Ok(latency);
        }
        ensure!(
            now < end + DRAIN,
            "{missing} answers are missing {DRAIN:?} after the end: {:.0} requests/s are too many",
            plan.rate
        );
        while now < end
            && let Some(&connection) = idle.last()
            && let Some((due, event)) = agenda.pop_due(clock.elapsed())
        {
            let step = visits.start(due, event, &mut agenda);
            engine.send(connection, step.request)?;
            latency.sent(&step, clock.elapsed());
            under_way[connection] = Some(step);
            idle.pop();
        }
        let wait = if now < end && !idle.is_empty() { agenda.wait(clock.elapsed()) } else { NAP };
        engine.poll(wait.min(NAP), |connection, _, reply| {
            let step = under_way[connection].take().expect("only asked connections answer");
            let now = clock.elapsed();
            latency.answered(&step, now);
            visits.settle(&step, reply, now, &mut agenda, &mut latency)?;
            idle.push(connection);
            Ok(None)
        })?;
    }
}
