//! The modes of keeping sessions beside each other, and beside a plain store that does the same work: which stages, with
//! which peers, how large and how often.

use std::time::Duration;

use crate::{
    distribution::Lengths,
    peer::Peer,
    stage::{
        Run, closed,
        open::{self, Load},
    },
};

/// How thorough.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    rounds: u32,
    window: Duration,
    sessions: usize,
}

impl Size {
    /// A few minutes: enough to see where things stand.
    pub(crate) const QUICK: Self = Self { rounds: 3, window: Duration::from_secs(2), sessions: 10_000 };
    /// A quarter of an hour: what is published.
    pub(crate) const FULL: Self = Self { rounds: 7, window: Duration::from_secs(4), sessions: 20_000 };
}

/// Requests per second at which latency is compared: what every mode bears on one core, its engine on the same.
const RATE: f64 = 1500.0;

const PEERS: &[Peer] = &[
    Peer::Cloakroom,
    Peer::CloakroomMemory,
    Peer::BehindRedis,
    Peer::BehindPostgres,
    Peer::ThroughRedis,
    Peer::ThroughPostgres,
    Peer::RedisAlways,
    Peer::RedisEverysec,
];

/// Runs both stages; peers whose programs are missing are left out and named in the notes.
pub(crate) fn measure(run: &mut Run, size: Size) {
    let Size { rounds, window, sessions } = size;
    let peers = run.present(PEERS);
    let baseline = Peer::RedisAlways;
    closed::measure(
        run,
        &closed::Plan {
            peers: peers.clone(),
            baseline,
            rounds,
            connections: vec![200],
            lengths: Lengths::LogNormal,
            sessions,
            window,
        },
    );
    open::measure(
        run,
        &open::Plan {
            peers,
            baseline,
            rounds: rounds.div_ceil(3),
            load: Load::Rate(RATE),
            connections: 200,
            sessions,
            window: 3 * window,
            compression: 20,
            cold: false,
        },
    );
}
