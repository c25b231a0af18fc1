//! Each guard that is taken out of the nodes is missed by the simulation.
//!
//! A simulation that finds nothing proves little unless it would have found something.

#![expect(clippy::print_stdout, reason = "a test that says which seed found what")]

use cloakroom_node::guard::Guard;
use cloakroom_sim::{many, world};

/// A guard that is not missed within so many seeds is not tested.
const SEEDS: u64 = 300;

#[track_caller]
fn is_missed(guard: Guard) {
    many::take_out(Some(guard));
    let found = (1..=SEEDS).map(world::run).find(|report| !report.wrong.is_empty());
    many::take_out(None);
    let found = found.unwrap_or_else(|| panic!("nobody misses {guard:?}"));
    println!("{guard:?} is missed by seed {}: {}", found.seed, found.wrong[0]);
}

#[test]
fn seal() {
    is_missed(Guard::Seal);
}

#[test]
fn ask_sources() {
    is_missed(Guard::AskSources);
}

#[test]
fn newest_wins() {
    is_missed(Guard::NewestWins);
}

#[test]
fn dispose_after_ack() {
    is_missed(Guard::DisposeAfterAck);
}

#[test]
fn remember_epoch() {
    is_missed(Guard::RememberEpoch);
}

#[test]
fn fresh_cookies() {
    is_missed(Guard::FreshCookies);
}

#[test]
fn ack_after_commit() {
    is_missed(Guard::AckAfterCommit);
}

#[test]
fn majority() {
    is_missed(Guard::Majority);
}

#[test]
fn take_over_wait() {
    is_missed(Guard::TakeOverWait);
}
