//! Walks over a whole population, each session once: create it, write it anew, read it back.

use anyhow::{Result, ensure};

use crate::{
    closed::Source,
    distribution::Draws,
    population::Population,
    request::{Operation, Reply, Request},
};

/// What to do with every session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Walk {
    /// Create this many.
    Create,
    /// Give each a body of a newly drawn length.
    Rewrite,
    /// Read each back and verify it.
    Read,
    /// Read one in so many.
    Sample(usize),
}

/// One walk.
#[derive(Debug)]
pub(crate) struct Bulk<'a> {
    walk: Walk,
    population: &'a mut Population,
    draws: &'a mut Draws,
    begun: usize,
    end: usize,
    milestones: Milestones,
}

/// Prints a line at every tenth of a long walk.
#[derive(Debug)]
struct Milestones {
    done: usize,
    every: usize,
}

impl<'a> Bulk<'a> {
    /// A walk over `sessions` sessions.
    pub(crate) const fn new(
        walk: Walk,
        sessions: usize,
        population: &'a mut Population,
        draws: &'a mut Draws,
    ) -> Self {
        /// Shorter walks take a few seconds and need no progress lines.
        const LONG: usize = 200_000;
        let every = if sessions >= LONG { sessions / 10 } else { usize::MAX };
        let milestones = Milestones { done: 0, every };
        Self { walk, population, draws, begun: 0, end: sessions, milestones }
    }
}

impl Source for Bulk<'_> {
    fn next(&mut self, _connection: usize, closing: bool) -> Option<Request> {
        if closing || self.begun == self.end {
            return None;
        }
        let session = self.begun as u64;
        let step = if let Walk::Sample(step) = self.walk { step } else { 1 };
        self.begun = (self.begun + step).min(self.end);
        Some(match self.walk {
            Walk::Create => self.population.create(self.draws.length()),
            Walk::Rewrite => {
                let length = self.draws.length();
                self.population.change(Operation::SetAndRelease, session, |_| length)
            }
            Walk::Read | Walk::Sample(_) => self.population.ask(Operation::Get, session),
        })
    }

    fn settle(&mut self, _connection: usize, request: &Request, reply: Reply<'_>) -> Result<()> {
        ensure!(reply != Reply::Locked, "session {} is locked by nobody", request.session);
        self.milestones.done += 1;
        if self.milestones.done.is_multiple_of(self.milestones.every) {
            eprintln!("      {:?}: {} of {}", self.walk, self.milestones.done, self.end);
        }
        self.population.check(request, reply)
    }
}
