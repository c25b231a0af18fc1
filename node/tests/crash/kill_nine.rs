//! `kill -9` at random under load, again and again: nothing that was answered is lost.

use std::thread;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rustix::process::{Signal, kill_process};

use crate::ledger::{Ledger, now};
use crate::load::{Tally, check_all, drive};
use crate::node::Setup;

/// More of them with `CLOAKROOM_KILLS`.
const KILLS: u64 = 200;
/// A data directory lives through so many.
const KILLS_PER_FOLDER: u64 = 25;
/// The longest that a node lives under load.
const LIFE_MICROS: u64 = 150_000;
/// The longest that it lives when it is killed while it starts.
const START_MICROS: u64 = 30_000;

/// Segments fill up, are sealed, compacted and checkpointed within one life.
const SMALL: &str = "{hotTier: 1MiB, journal: {segmentBytes: 64KiB, checkpointBytes: 64KiB}}";
/// One segment outlives many lives, and all of it is replayed each time.
const LARGE: &str = "{hotTier: 1MiB, journal: {segmentBytes: 8MiB}}";

#[test]
fn nothing_answered_is_lost_by_kill_nine() {
    let kills = std::env::var("CLOAKROOM_KILLS").map_or(KILLS, |kills| {
        kills.parse().unwrap_or_else(|_| panic!("CLOAKROOM_KILLS={kills}: write a number, for example 1000"))
    });
    let mut choices = StdRng::seed_from_u64(kills);
    let (mut done, mut folders, mut all) = (0, 0, Tally::default());
    while done < kills {
        let setup = Setup::new(if folders % 2 == 0 { SMALL } else { LARGE });
        folders += 1;
        let mut ledger = Ledger::new();
        for _ in 0..KILLS_PER_FOLDER.min(kills - done) {
            let tally = live_and_die(&setup, &mut ledger, &mut choices);
            all.add(&tally);
            done += u64::from(tally.in_flight > 0);
        }
        let node = setup.start();
        check_all(&node.address, &mut ledger, now());
        node.kill();
    }
    println!(
        "{done} kills under load in {folders} data directories: {} requests answered, {} in flight when killed, \
         0 lost, 0 locks granted twice",
        all.answered, all.in_flight
    );
}

fn live_and_die(setup: &Setup, ledger: &mut Ledger, choices: &mut StdRng) -> Tally {
    if choices.random_ratio(1, 8) {
        setup.kill_while_starting(Duration::from_micros(choices.random_range(0..START_MICROS)));
    }
    let node = setup.start();
    check_all(&node.address, ledger, now());
    let (pid, life) = (node.pid(), Duration::from_micros(choices.random_range(1_000..LIFE_MICROS)));
    let killer = thread::spawn(move || {
        thread::park_timeout(life);
        kill_process(pid, Signal::KILL).expect("it has not been waited for");
    });
    let tally = drive(&node.address, ledger, choices.random_range(0..1 << 32));
    killer.join().expect("it only waits and kills");
    node.kill();
    tally
}
