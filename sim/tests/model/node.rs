//! A node: what it has, what it knows about the others, and what follows from that.
//!
//! Of time only ages are kept, in ticks, and no further than they make a difference; so the model
//! has finitely many states although its time never ends.

use std::time::Duration;

use cloakroom_ring::{Lease, TakeOver};

use crate::held::Held;
use crate::published::{Id, NAMES, NODES, Published};

/// A tick of the model, as production is told.
const TICK: Duration = Duration::from_secs(1);
/// A lease, in ticks; also the age from which on an acknowledgement is worth nothing.
const LEASE: u8 = 1;
/// More ticks than a take-over waits; older news make no difference.
const OLD_NEWS: u8 = 2;
/// Any moment after all that is remembered.
const NOW: Duration = Duration::from_secs(100);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Node {
    pub(crate) up: bool,
    /// What it acts on; written down before.
    pub(crate) epoch: u64,
    pub(crate) memory: Held,
    pub(crate) disk: Held,
    /// All sources of the session were asked in this epoch.
    pub(crate) answered: bool,
    /// Nothing of others is here in this epoch.
    pub(crate) settled: bool,
    /// Who said in this epoch that nothing of others is with him.
    pub(crate) heard_settled: [bool; NODES],
    /// Who was given a copy of what is here.
    pub(crate) given: Option<Given>,
    /// What sources replied so far.
    pub(crate) pulled: [Option<Held>; NODES],
    /// Age of the newest beacon that each other has acknowledged.
    pub(crate) acked: [u8; NODES],
    /// Ages of the news that somebody is at an epoch (by node, by epoch from 2 on).
    pub(crate) news: [[Option<u8>; 2]; NODES],
    /// Lost members must have stopped by now.
    pub(crate) taken_over: bool,
}

/// A copy that somebody else has now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Given {
    pub(crate) taker: Id,
    pub(crate) epoch: u64,
}

impl Node {
    /// Up and at the first ring.
    pub(crate) fn new(copy: Held) -> Node {
        Node {
            up: true,
            epoch: 1,
            memory: copy,
            disk: copy,
            answered: false,
            settled: false,
            heard_settled: [false; NODES],
            given: None,
            pulled: [None; NODES],
            acked: [LEASE; NODES],
            news: [[None; 2]; NODES],
            taken_over: true,
        }
    }

    /// Forgets what belongs to an epoch, and takes the next ring up.
    pub(crate) fn adopt(&mut self, me: Id, ring: &Published) {
        self.epoch = ring.epoch();
        self.answered = false;
        self.settled = false;
        self.heard_settled = [false; NODES];
        self.pulled = [None; NODES];
        self.taken_over = !ring.placement(me).possible_sources().gone;
        if self.taken_over {
            self.news = [[None; 2]; NODES];
        }
    }

    /// What is left after the process ended.
    pub(crate) fn crash(&mut self) {
        let (epoch, disk) = (self.epoch, self.disk);
        *self = Node { up: false, epoch, ..Node::new(disk) };
    }

    /// A process that goes on with what is on disk.
    pub(crate) fn restart(&mut self, me: Id, ring: &Published) {
        self.adopt(me, ring);
        self.up = true;
        self.memory = self.disk.found_on_disk();
    }

    /// Answered by a peer that is at the same epoch.
    pub(crate) fn hear(&mut self, from: Id, epoch: u64, settled: bool) {
        self.acked[from] = 0;
        self.heard_settled[from] |= settled;
        self.note(from, epoch);
    }

    fn note(&mut self, from: Id, epoch: u64) {
        if !self.taken_over {
            for reached in 2..=epoch {
                self.news[from][usize::from(reached == 3)].get_or_insert(0);
            }
        }
    }

    /// A tick passes. Whoever answered just now does so again.
    pub(crate) fn age(&mut self) {
        for age in &mut self.acked {
            *age = (*age + 1).min(LEASE);
        }
        for age in self.news.iter_mut().flatten().flatten() {
            *age = (*age + 1).min(OLD_NEWS);
        }
    }

    /// Looks whether lost members must have stopped by now.
    pub(crate) fn look_around(&mut self, me: Id, ring: &Published) {
        self.note(me, self.epoch);
        if !self.taken_over && self.may_take_over(me, ring) {
            self.taken_over = true;
            self.news = [[None; 2]; NODES];
        }
    }

    fn may_take_over(&self, me: Id, ring: &Published) -> bool {
        let ago = |age: u8| NOW - TICK * u32::from(age);
        let adopted = self.news[me][usize::from(self.epoch == 3)].unwrap_or_default();
        let mut take_over = TakeOver::new(ring.ring(), NAMES[me], TICK * u32::from(LEASE), ago(adopted));
        for (name, news) in NAMES.iter().zip(&self.news) {
            for (epoch, age) in (2..).zip(news) {
                if let Some(age) = age {
                    take_over.heard(name, epoch, ago(*age));
                }
            }
        }
        take_over.may_start(NOW)
    }

    /// Whether enough of the others acknowledged it lately.
    pub(crate) fn may_serve(&self, me: Id, ring: &Published) -> bool {
        let mut lease = Lease::new(ring.placement(me), TICK * u32::from(LEASE));
        for (name, age) in NAMES.iter().zip(self.acked) {
            if age < LEASE {
                lease.acked(name, NOW - TICK * u32::from(age));
            }
        }
        lease.serve_until().is_some_and(|until| NOW < until)
    }
}
