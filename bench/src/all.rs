//! The whole table in one run: which stages, with which peers, how large and how often.

use std::time::Duration;

use crate::{
    distribution::Lengths,
    peer::Peer,
    stage::{
        Run, closed,
        fill::{self, Tier},
        open::{self, Load},
        restart,
    },
};

/// How thorough.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    rounds: u32,
    window: Duration,
    sessions: usize,
    cold_sessions: usize,
    restart_sessions: usize,
}

impl Size {
    /// A few minutes: enough to see where things stand.
    pub(crate) const QUICK: Self = Self {
        rounds: 3,
        window: Duration::from_secs(2),
        sessions: 20_000,
        cold_sessions: 60_000,
        restart_sessions: 100_000,
    };
    /// Most of half an hour: what is published.
    pub(crate) const FULL: Self = Self {
        rounds: 7,
        window: Duration::from_secs(4),
        sessions: 50_000,
        cold_sessions: 150_000,
        restart_sessions: 1_000_000,
    };
}

/// Requests per second at which tiered servers are compared: what extstore bears on one core without
/// dropping sessions that it has no time to write to disk.
const COLD_RATE: f64 = 5000.0;

/// Runs every stage; peers whose programs are missing are left out and named in the notes.
pub(crate) fn measure(run: &mut Run, size: Size) {
    let Size { rounds, window, sessions, cold_sessions, restart_sessions } = size;
    let memory = run.present(&[
        Peer::Ping,
        Peer::CloakroomMemory,
        Peer::Redis,
        Peer::RedisProvider,
        Peer::Memcached,
        Peer::Valkey,
    ]);
    let durable = run.present(&[Peer::Cloakroom, Peer::RedisAlways, Peer::RedisEverysec]);
    let visited = run.present(&[
        Peer::CloakroomMemory,
        Peer::Cloakroom,
        Peer::Redis,
        Peer::RedisProvider,
        Peer::Memcached,
    ]);
    let tiered = run.present(&[Peer::Cloakroom, Peer::MemcachedExtstore]);
    let filled = run.present(&[Peer::CloakroomMemory, Peer::Redis, Peer::Memcached, Peer::Valkey]);
    let node_only = run.present(&[Peer::Cloakroom]);
    let killed = run.present(&[Peer::Cloakroom, Peer::RedisAlways]);

    let connections = vec![50, 200];
    closed::measure(
        run,
        &closed::Plan {
            peers: memory,
            baseline: Peer::Redis,
            rounds,
            connections,
            lengths: Lengths::Fixed,
            sessions,
            window,
        },
    );
    closed::measure(
        run,
        &closed::Plan {
            peers: durable,
            baseline: Peer::RedisAlways,
            rounds,
            connections: vec![200],
            lengths: Lengths::LogNormal,
            sessions,
            window,
        },
    );
    let visits = open::Plan {
        peers: visited,
        baseline: Peer::Redis,
        rounds: rounds.div_ceil(3),
        load: Load::Share(0.7),
        connections: 200,
        sessions,
        window: 3 * window,
        compression: 20,
        cold: false,
    };
    open::measure(run, &visits);
    let cold = open::Plan { sessions: cold_sessions, cold: true, ..visits };
    open::measure(run, &open::Plan { peers: node_only.clone(), baseline: Peer::Cloakroom, ..cold });
    open::measure(
        run,
        &open::Plan { peers: tiered, baseline: Peer::MemcachedExtstore, load: Load::Rate(COLD_RATE), ..cold },
    );
    let rounds = rounds.div_ceil(3);
    fill::measure(
        run,
        &fill::Plan {
            peers: filled,
            baseline: Peer::Redis,
            rounds,
            sessions,
            lengths: Lengths::LogNormal,
            tier: Tier::Memory,
        },
    );
    fill::measure(
        run,
        &fill::Plan {
            // memcached keeps keys and headers in memory and would have to drop sessions.
            peers: node_only,
            baseline: Peer::Cloakroom,
            rounds: 1,
            sessions: restart_sessions,
            lengths: Lengths::Small,
            tier: Tier::Disk,
        },
    );
    restart::measure(
        run,
        &restart::Plan { peers: killed, baseline: Peer::RedisAlways, rounds, sessions: restart_sessions },
    );
}
