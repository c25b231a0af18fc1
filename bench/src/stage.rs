//! The questions a run answers, one file each. Each stage starts every server afresh in every round,
//! lets the peers take turns, and adds what it measured to the results.

pub(crate) mod client;
pub(crate) mod closed;
pub(crate) mod fill;
pub(crate) mod forwarding;
pub(crate) mod open;
pub(crate) mod restart;
pub(crate) mod soak;

use anyhow::Result;

use crate::{
    bulk::{Bulk, Walk},
    closed::run,
    distribution::{Draws, Lengths},
    engine::{Engine, Target},
    peer::Peer,
    population::Population,
    results::Results,
    server::{Ground, Server},
};

/// What every stage needs.
#[derive(Debug)]
pub(crate) struct Run {
    /// Where servers run.
    pub(crate) ground: Ground,
    /// What was found so far.
    pub(crate) results: Results,
}

/// All stages draw the same traffic in every round and for every peer.
const SEED: u64 = 7;

impl Run {
    /// Those of `peers` whose programs are there; the notes name the others.
    pub(crate) fn present(&mut self, peers: &[Peer]) -> Vec<Peer> {
        let mut found = peers.to_vec();
        found.retain(|peer| {
            let present = peer.available(&self.ground.binaries).is_ok();
            let note = format!("{} was not run: its program is not installed.", peer.name());
            if !present && !self.results.notes.contains(&note) {
                self.results.notes.push(note);
            }
            present
        });
        found
    }

    /// Calls `measure` for every peer in every round, A B A B. A peer that fails has no figures in
    /// this stage and no further turns, while the others go on.
    fn in_turns(
        &mut self,
        what: &str,
        peers: &[Peer],
        rounds: u32,
        mut measure: impl FnMut(&mut Self, Peer) -> Result<()>,
    ) {
        let before = self.results.series.len();
        let mut standing = peers.to_vec();
        for round in 1..=rounds {
            standing.retain(|&peer| {
                eprintln!("  {what}, round {round} of {rounds}: {}", peer.name());
                let Err(error) = measure(self, peer) else {
                    return true;
                };
                eprintln!("  FAILED: {error:#}");
                let cause = error.root_cause().to_string();
                let cause = cause.lines().next().unwrap_or_default();
                let failure = format!("{what}: {} failed: {cause}", peer.name());
                self.results.withdraw(peer, before, failure);
                false
            });
        }
    }
}

/// A started server and everything needed to load it.
struct Loaded {
    server: Server,
    target: Target,
    population: Population,
    draws: Draws,
    loaders: usize,
}

impl Loaded {
    /// Starts `peer` without any session yet.
    fn start(
        run: &Run,
        peer: Peer,
        lengths: Lengths,
        compression: u32,
        minutes: u32,
        memory_mib: usize,
    ) -> Result<Self> {
        let server = Server::start(peer, &run.ground, memory_mib)?;
        let target = server.target(minutes)?;
        let population = Population::new(peer != Peer::Ping);
        let draws = Draws::new(SEED, lengths, compression)?;
        let loaders = if peer == Peer::MemcachedExtstore { EXTSTORE_LOADERS } else { LOADERS };
        Ok(Self { server, target, population, draws, loaders })
    }

    /// Walks over `sessions` sessions.
    fn walk(&mut self, walk: Walk, sessions: usize) -> Result<()> {
        let mut engine = Engine::connect(&self.target, self.loaders)?;
        let mut bulk = Bulk::new(walk, sessions, &mut self.population, &mut self.draws);
        run(&mut engine, &mut bulk, None)?;
        Ok(())
    }
}

/// Timeout in minutes where nothing is to expire during a run.
const LONG: u32 = 20;

/// MiB of memory that hold `sessions` sessions three times over, whatever a server adds.
const fn ample_mib(sessions: usize) -> usize {
    1024 + sessions * 3 * 8 / 1024
}

/// Connections for loading: enough that a durable server commits many sessions at once.
const LOADERS: usize = 64;

/// Connections for loading extstore, which drops what arrives faster than it writes to disk.
const EXTSTORE_LOADERS: usize = 1;
