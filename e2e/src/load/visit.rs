//! Who comes next, to which session, and for what.

use std::time::Duration;

use cloakroom_bench::distribution::{Draws, Page};

use super::{
    Plan,
    books::Books,
    world::{Population, WebServer, World},
};

/// Share of pages that store a session which is not there.
const NEWCOMERS: f64 = 0.02;
/// Share of pages with a lock that end in the removal of the session.
const LOGOUTS: f64 = 0.02;
/// Share of pages that come as two for one session.
const PAIRS: f64 = 0.02;
/// Share of newcomers with the id of a session that was removed.
const RETURNS: f64 = 0.5;

/// One page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visit {
    pub(super) session: u32,
    pub(super) purpose: Purpose,
    pub(super) web_server: WebServer,
    /// Between first and last request.
    pub(super) think: Duration,
    /// Of the body, if one is written, in bytes.
    pub(super) length: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Stores a session that is not there.
    Create,
    /// Locks, writes and unlocks.
    Modify,
    /// Locks and unlocks.
    Inspect,
    /// Locks and removes.
    Leave,
    /// Reads.
    Read,
    /// Keeps alive.
    Touch,
}

impl Purpose {
    pub(super) fn locks(self) -> bool {
        matches!(self, Self::Modify | Self::Inspect | Self::Leave)
    }
}

/// Draws visits.
pub(super) struct Visits {
    draws: Draws,
    plan: Plan,
}

impl Visits {
    pub(super) fn new(plan: Plan, draws: Draws) -> Self {
        Self { draws, plan }
    }

    /// From one arrival to the next.
    pub(super) fn gap(&mut self) -> Duration {
        self.draws.gap(self.plan.rate)
    }

    /// The next visit, or two at once; noted as wanting the lock if they will.
    pub(super) fn next(&mut self, world: &World) -> Vec<Visit> {
        let mut books = world.books();
        let mut population = world.population.borrow_mut();
        let visit = self.draw(&mut books, &mut population);
        let twin = match visit.purpose {
            Purpose::Create | Purpose::Leave => None,
            _ => {
                let Visit { session, web_server, .. } = visit;
                let again = self.draws.chance(PAIRS);
                again.then(|| Visit { purpose: self.purpose(), ..self.to(session, web_server.tier) })
            }
        };
        let visits: Vec<_> = [visit].into_iter().chain(twin).collect();
        for visit in visits.iter().filter(|visit| visit.purpose.locks()) {
            books.session(visit.session).locks.want();
        }
        visits
    }

    /// The creation of one of the sessions that are there from the start.
    pub(super) fn newcomer(&mut self, world: &World) -> Visit {
        let mut books = world.books();
        let session = books.open();
        self.to(session, books.tier_of(session))
    }

    fn draw(&mut self, books: &mut Books, population: &mut Population) -> Visit {
        if self.draws.chance(NEWCOMERS) {
            let back = self.draws.chance(RETURNS).then(|| population.removed.pop()).flatten();
            let session = back.unwrap_or_else(|| books.open());
            return self.to(session, books.tier_of(session));
        }
        let Some(at) = self.choose(books, population) else {
            let session = books.open();
            return self.to(session, books.tier_of(session));
        };
        let session = population.stored[at];
        let mut purpose = self.purpose();
        let alone = !books.session(session).locks.is_wanted();
        if purpose.locks() && alone && self.draws.chance(LOGOUTS) {
            population.stored.swap_remove(at);
            purpose = Purpose::Leave;
        }
        Visit { purpose, ..self.to(session, books.tier_of(session)) }
    }

    /// Where in `stored` a session stands that pages may go to.
    fn choose(&mut self, books: &mut Books, population: &mut Population) -> Option<usize> {
        while !population.stored.is_empty() {
            let at = self.draws.below(population.stored.len());
            if !books.session(population.stored[at]).retired {
                return Some(at);
            }
            population.stored.swap_remove(at);
        }
        None
    }

    fn purpose(&mut self) -> Purpose {
        match self.draws.page() {
            Page::Modify => Purpose::Modify,
            Page::Inspect => Purpose::Inspect,
            Page::Read => Purpose::Read,
            Page::Touch => Purpose::Touch,
        }
    }

    fn to(&mut self, session: u32, tier: usize) -> Visit {
        let think = self.plan.think.mul_f64(self.draws.below(1_000) as f64 / 1_000.0);
        let web_server = WebServer { tier, number: self.draws.below(self.plan.web_servers) };
        Visit { session, purpose: Purpose::Create, web_server, think, length: self.draws.length() }
    }
}
