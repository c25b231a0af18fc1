//! Each guard that is taken out of the nodes is missed by the simulation.
//!
//! A simulation that finds nothing proves little unless it would have found something.

#![expect(clippy::print_stdout, reason = "a test that says which seed found what")]

use cloakroom_node::guard::Guard;
use cloakroom_sim::mode::Mode;
use cloakroom_sim::{many, world};

/// A guard that is not missed within so many seeds is not tested.
const SEEDS: u64 = 2_000;

#[track_caller]
fn is_missed(guard: Guard, mode: Mode) {
    many::take_out(Some(guard));
    let mut reports = (1..=SEEDS).filter(|seed| Mode::of(*seed) == mode).map(world::run);
    let found = reports.find(|report| !report.wrong.is_empty());
    many::take_out(None);
    let found = found.unwrap_or_else(|| panic!("nobody misses {guard:?}"));
    println!("{guard:?} is missed by seed {} ({mode}): {}", found.seed, found.wrong[0]);
}

#[test]
fn seal() {
    is_missed(Guard::Seal, Mode::Disk);
}

#[test]
fn ask_sources() {
    is_missed(Guard::AskSources, Mode::Disk);
}

#[test]
fn newest_wins() {
    is_missed(Guard::NewestWins, Mode::Disk);
}

#[test]
fn dispose_after_ack() {
    is_missed(Guard::DisposeAfterAck, Mode::Disk);
}

#[test]
fn remember_epoch() {
    is_missed(Guard::RememberEpoch, Mode::Disk);
}

#[test]
fn fresh_cookies() {
    is_missed(Guard::FreshCookies, Mode::Disk);
}

#[test]
fn ack_after_commit() {
    is_missed(Guard::AckAfterCommit, Mode::Disk);
}

#[test]
fn majority() {
    is_missed(Guard::Majority, Mode::Disk);
}

#[test]
fn take_over_wait() {
    is_missed(Guard::TakeOverWait, Mode::Disk);
}

#[test]
fn swap_compares() {
    is_missed(Guard::SwapCompares, Mode::Stall);
}

#[test]
fn flush_compares() {
    is_missed(Guard::FlushCompares, Mode::Behind);
}

#[test]
fn claim_seals() {
    is_missed(Guard::ClaimSeals, Mode::Behind);
}

#[test]
fn remove_reaches() {
    is_missed(Guard::RemoveReaches, Mode::Behind);
}

#[test]
fn unflushed_survives() {
    is_missed(Guard::UnflushedSurvives, Mode::Behind);
}
