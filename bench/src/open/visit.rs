//! A visitor's way through a site: pages with think time between them, locks held while a page runs,
//! pages asked for twice at once, and in the end a logout or silence.

use std::time::Duration;

use anyhow::{Result, bail, ensure};

use super::{
    Latency, Plan,
    agenda::{Agenda, Event},
};
use crate::{
    distribution::{Draws, PAGES_MEAN, POLL, Page, THINK_MEAN},
    population::Population,
    request::{Operation, Reply, Request},
};

/// Share of pages that come as a pair on one session.
const PAIRS: f64 = 0.02;
/// Share of visits that end with a logout, if their last page locks the session.
const LOGOUTS: f64 = 0.1;
/// Share of reads that ask for a session that never was.
const STRANGERS: f64 = 0.02;
/// Requests of a visit on average: its creation and its pages.
const REQUESTS_MEAN: f64 = 1.0 + PAGES_MEAN * Page::REQUESTS_MEAN;

/// One request of a page and what belongs to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// What is sent.
    pub(super) request: Request,
    /// When it was to be sent.
    pub(super) due: Duration,
    /// The session was untouched since it was loaded.
    pub(super) cold: bool,
    page: Page,
    /// The session that the page is about; a stranger's request names another.
    session: u64,
    /// Pages that follow in the visit; `None` for a page outside any visit.
    left: Option<u64>,
    /// When the lock was first found taken.
    blocked: Option<Duration>,
}

/// All visits of a run.
#[derive(Debug)]
pub(super) struct Visits<'a> {
    plan: Plan,
    population: &'a mut Population,
    draws: &'a mut Draws,
    /// Visits per second.
    arrivals: f64,
    /// The loaded sessions that nobody has touched yet, oldest first.
    cold: std::ops::Range<u64>,
    /// Numbers used up for locks and for strangers.
    counter: u32,
}

impl<'a> Visits<'a> {
    pub(super) fn new(plan: Plan, population: &'a mut Population, draws: &'a mut Draws) -> Self {
        let arrivals = plan.rate / REQUESTS_MEAN;
        let cold = 0..population.len() as u64;
        Self { plan, population, draws, arrivals, cold, counter: 0 }
    }

    /// Schedules the first arrival and, so that the run begins in its steady state, the visits that
    /// would be under way already: by Little's law arrivals times length of a visit.
    ///
    /// # Errors
    /// The run would touch more cold sessions than are loaded.
    pub(super) fn begin(&mut self, agenda: &mut Agenda) -> Result<()> {
        agenda.add(self.draws.gap(self.arrivals), Event::Arrival);
        let visit = PAGES_MEAN * THINK_MEAN.as_secs_f64() / f64::from(self.plan.compression);
        let mut arrived = self.draws.gap(self.arrivals);
        // A Poisson stream over the length of a visit has as many events as visits run at once.
        while arrived.as_secs_f64() < visit {
            let Some(session) = self.cold.next() else {
                break;
            };
            let left = self.draws.pages() - 1;
            agenda.add(self.draws.think(), Event::Page { session, left });
            arrived += self.draws.gap(self.arrivals);
        }
        let time = (self.plan.warm_up + self.plan.window).as_secs_f64();
        // A quarter more than expected, so that chance does not end a run early.
        let needed = 1.25 * time * self.arrivals * PAGES_MEAN * self.plan.cold_share;
        let loaded = self.cold.end - self.cold.start;
        ensure!(
            needed <= loaded as f64,
            "{loaded} sessions are too few to find a cold one for {needed:.0} pages: raise --sessions"
        );
        Ok(())
    }

    /// The request that `event` calls for now; adds what follows from it to `agenda`.
    pub(super) fn start(&mut self, due: Duration, event: Event, agenda: &mut Agenda) -> Step {
        match event {
            Event::Arrival => {
                agenda.add(due + self.draws.gap(self.arrivals), Event::Arrival);
                let request = self.population.create(self.draws.length());
                let left = Some(self.draws.pages());
                let session = request.session;
                Step { request, due, cold: false, page: Page::Modify, session, left, blocked: None }
            }
            Event::Page { session, left } => self.open_page(due, session, left, agenda),
            Event::Send(step) => step,
        }
    }

    /// Takes the reply to `step`.
    ///
    /// # Errors
    /// The reply is wrong.
    pub(super) fn settle(
        &mut self,
        step: &Step,
        reply: Reply<'_>,
        now: Duration,
        agenda: &mut Agenda,
        latency: &mut Latency,
    ) -> Result<()> {
        let request = &step.request;
        self.population.check(request, reply)?;
        match (request.operation, reply) {
            (Operation::Get | Operation::GetExclusive, Reply::Locked) if self.plan.locks => {
                let due = now + POLL / self.plan.compression;
                let blocked = step.blocked.or(Some(now));
                agenda.add(due, Event::Send(Step { due, blocked, ..*step }));
            }
            (operation, Reply::Locked) => {
                bail!("{operation:?} of session {} met a lock of nobody", request.session)
            }
            (Operation::GetExclusive, Reply::Body { lock, .. }) => {
                if let Some(blocked) = step.blocked {
                    latency.waited(now.saturating_sub(blocked));
                }
                let due = now + self.draws.hold();
                let request = self.second_half(step).locked(lock.unwrap_or(request.lock));
                agenda.add(due, Event::Send(Step { request, due, blocked: None, ..*step }));
            }
            _ => {
                // The page is over; the visitor reads it and opens the next.
                if let Some(left) = step.left.and_then(|left| left.checked_sub(1)) {
                    let page = Event::Page { session: step.session, left };
                    agenda.add(now + self.draws.think(), page);
                }
            }
        }
        Ok(())
    }

    /// Opens the next page of a visit, with its twin if it has one, or the return of somebody who
    /// was away for long.
    fn open_page(&mut self, due: Duration, session: u64, left: u64, agenda: &mut Agenda) -> Step {
        if self.draws.chance(self.plan.cold_share)
            && let Some(returning) = self.cold.next()
        {
            // The visit's own page is only put off by the return.
            agenda.add(due + self.draws.think(), Event::Page { session, left });
            return Step { cold: true, ..self.first_half(due, returning, None) };
        }
        if self.plan.locks && self.draws.chance(PAIRS) {
            agenda.add(due, Event::Send(self.first_half(due, session, None)));
        }
        self.first_half(due, session, Some(left))
    }

    /// The first request of a page of any kind.
    fn first_half(&mut self, due: Duration, session: u64, left: Option<u64>) -> Step {
        let page = self.draws.page();
        self.counter += 1;
        let request = match page {
            Page::Modify | Page::Inspect => {
                self.population.ask(Operation::GetExclusive, session).locked(self.counter)
            }
            Page::Read if self.draws.chance(STRANGERS) => Population::ask_for_nobody(self.counter.into()),
            Page::Read => self.population.ask(Operation::Get, session),
            Page::Touch => self.population.ask(Operation::Touch, session),
        };
        Step { request, due, cold: false, page, session, left, blocked: None }
    }

    /// What follows a granted lock: write, just release, or on the last page perhaps log out.
    fn second_half(&mut self, step: &Step) -> Request {
        if step.left == Some(0) && self.draws.chance(LOGOUTS) {
            return self.population.ask(Operation::Delete, step.session);
        }
        if step.page == Page::Modify {
            let resize = |length| self.draws.grown(length);
            return self.population.change(Operation::SetAndRelease, step.session, resize);
        }
        self.population.ask(Operation::Release, step.session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::Lengths;

    /// Runs the visits of ten seconds against a server that answers at once, and returns the
    /// requests sent, each with whether it was cold.
    fn traffic(cold_share: f64) -> Vec<(Operation, bool)> {
        let plan = Plan {
            rate: 2_000.0,
            warm_up: Duration::ZERO,
            window: Duration::from_secs(10),
            compression: 20,
            cold_share,
            locks: true,
        };
        let mut population = Population::new(false);
        let mut draws = Draws::new(3, Lengths::Fixed, 20).unwrap();
        for _ in 0..5_000 {
            population.create(4096);
        }
        let mut latency = Latency::new(Duration::ZERO..plan.window);
        let mut agenda = Agenda::default();
        let mut visits = Visits::new(plan, &mut population, &mut draws);
        visits.begin(&mut agenda).unwrap();
        let mut sent = Vec::new();
        while let Some((due, event)) = agenda.pop_due(plan.window) {
            let step = visits.start(due, event, &mut agenda);
            sent.push((step.request.operation, step.cold));
            let reply = match step.request.operation {
                Operation::Get | Operation::GetExclusive => Reply::Body { bytes: b"", lock: None },
                _ => Reply::Done,
            };
            visits.settle(&step, reply, step.due, &mut agenda, &mut latency).unwrap();
        }
        sent
    }

    fn check_share(name: &str, share: f64, part: usize, whole: usize) {
        let (part, whole) =
            (f64::from(u32::try_from(part).unwrap()), f64::from(u32::try_from(whole).unwrap()));
        let found = part / whole;
        assert!((found / share - 1.0).abs() < 0.1, "{name}: {found}, not {share}");
    }

    #[test]
    fn traffic_has_the_rate_and_the_mix_from_the_start() {
        let sent = traffic(0.0);
        check_share("rate", 1.0, sent.len(), 20_000);
        let count = |operation| sent.iter().filter(|(found, _)| *found == operation).count();
        let acquires = count(Operation::GetExclusive);
        check_share("write", 0.6, count(Operation::SetAndRelease), acquires);
        check_share("read", 25.0 / 70.0, count(Operation::Get), acquires);
        check_share("touch", 5.0 / 70.0, count(Operation::Touch), acquires);
        check_share("create", 1.0 / (16.0 * 0.7), count(Operation::Create), acquires);
        assert!(count(Operation::Delete) > 0);
    }

    #[test]
    fn a_tenth_of_the_reads_return_to_cold_sessions() {
        let sent = traffic(0.1);
        let reads = |cold: bool| {
            let read = |op| matches!(op, Operation::Get | Operation::GetExclusive);
            sent.iter().filter(|(op, found)| read(*op) && *found == cold).count()
        };
        check_share("cold", 0.1, reads(true), reads(true) + reads(false));
    }

    #[test]
    fn too_few_cold_sessions_are_refused() {
        let plan = Plan {
            rate: 1_000.0,
            warm_up: Duration::ZERO,
            window: Duration::from_secs(10),
            compression: 20,
            cold_share: 0.1,
            locks: true,
        };
        let mut population = Population::new(true);
        let mut draws = Draws::new(3, Lengths::Fixed, 20).unwrap();
        let mut visits = Visits::new(plan, &mut population, &mut draws);
        let error = visits.begin(&mut Agenda::default()).unwrap_err().to_string();
        assert!(error.contains("raise --sessions"), "{error}");
    }
}
