//! Model check of hand-off and take-over: every order of events in a small world.
//!
//! The world has three nodes, one session, two clients, an operator, at most three epochs, one crash (the
//! node comes back with its disk, or stays away) and one cut, which separates a node from the other nodes
//! and the operator, but not from the clients. What is decided is decided by production:
//! `cloakroom_ring` places, names sources, admits copies, leases and takes over, `cloakroom_session` keeps
//! the lock. The model adds what lies between: which steps there are, in which order they come, and
//! what is lost when a node stops. So it tells whether these decisions suffice, not whether the node makes
//! them where it should; that is the simulation's part.
//!
//! One session is enough: no decision about one looks at another, except that a node is settled only
//! when it has handed over all of them.
//!
//! Every guard is taken away once, to see that the checker misses it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on may panic")]
#![allow(clippy::print_stdout, reason = "how much was explored says what the result is worth")]

mod action;
mod checked;
mod client;
mod guard;
mod hand_off;
mod held;
mod node;
mod past;
mod published;
mod requests;
mod transition;
mod world;
mod wrong;

use checked::{HAND_OFF, TAKE_OVER, check, check_without};
use guard::Guard;
use world::Budget;
use wrong::Wrong;

const QUIET: Budget = Budget { turns: [1, 1], crashes: 0, cuts: 0, rings: 1 };
const TWO_CHANGES: Budget = Budget { rings: 2, ..QUIET };
const CRASH: Budget = Budget { crashes: 1, ..QUIET };
const CUT: Budget = Budget { cuts: 1, ..QUIET };
const CRASH_AND_CUT: Budget = Budget { crashes: 1, cuts: 1, ..QUIET };
const TWO_CHANGES_AND_CRASH: Budget = Budget { rings: 2, ..CRASH };
const TWO_CHANGES_AND_CUT: Budget = Budget { rings: 2, ..CUT };

/// Only the client that writes.
const WRITER: [u8; 2] = [1, 0];
/// Only the client that removes.
const REMOVER: [u8; 2] = [0, 1];

#[test]
fn planned_changes() {
    check(TWO_CHANGES, &[HAND_OFF]);
}

#[test]
fn a_change_and_a_crash() {
    check(CRASH, &[HAND_OFF, TAKE_OVER]);
}

#[test]
fn a_change_and_a_cut() {
    check(CUT, &[HAND_OFF, TAKE_OVER]);
}

#[test]
fn two_changes_and_a_cut() {
    for turns in [WRITER, REMOVER] {
        check(Budget { turns, ..TWO_CHANGES_AND_CUT }, &[HAND_OFF, TAKE_OVER]);
    }
}

/// Not two changes as well: a node that restarts has forgotten to whom it gave copies, and should the taker
/// be lost, too, an old one is believed. Two faults at once are not promised.
#[test]
fn a_change_and_a_crash_and_a_cut() {
    check(Budget { turns: WRITER, ..CRASH_AND_CUT }, &[HAND_OFF, TAKE_OVER]);
}

#[test]
#[ignore = "minutes and gigabytes: cargo test --release -p cloakroom-sim --test model -- --ignored"]
fn two_clients_through_two_changes_and_a_fault() {
    check(TWO_CHANGES_AND_CUT, &[HAND_OFF, TAKE_OVER]);
    check(TWO_CHANGES_AND_CRASH, &[HAND_OFF, TAKE_OVER]);
}

#[test]
fn without_the_seal() {
    check_without(Guard::Seal, QUIET, Wrong::CommitAfterLater);
}

#[test]
fn without_asking_sources() {
    check_without(Guard::AskSources, QUIET, Wrong::Vanished);
}

#[test]
fn when_any_copy_wins() {
    check_without(Guard::NewestWins, CRASH, Wrong::TwoHolders);
}

#[test]
fn when_copies_are_dropped_unacknowledged() {
    check_without(Guard::DisposeAfterAck, QUIET, Wrong::Vanished);
}

#[test]
fn when_the_epoch_is_forgotten() {
    check_without(Guard::RememberEpoch, CRASH, Wrong::CommitAfterLater);
}

#[test]
fn when_cookies_come_again() {
    check_without(Guard::FreshCookies, CRASH, Wrong::LostUpdate);
}

#[test]
fn when_removals_are_forgotten() {
    check_without(Guard::KeepTombstones, QUIET, Wrong::Returned);
}

#[test]
fn when_answers_do_not_wait_for_the_disk() {
    check_without(Guard::AckAfterCommit, CRASH, Wrong::Stale);
}

#[test]
fn without_a_majority() {
    check_without(Guard::Majority, CUT, Wrong::CommitAfterLater);
}

#[test]
fn without_the_wait_before_a_take_over() {
    check_without(Guard::TakeOverWait, CUT, Wrong::CommitAfterLater);
}

#[test]
fn when_a_node_is_settled_before_it_has_taken_over() {
    check_without(Guard::SettleAfterTakeOver, TWO_CHANGES_AND_CUT, Wrong::CommitAfterLater);
}

#[test]
fn when_old_copies_outlive_their_lost_taker() {
    check_without(Guard::GiveUpWithTaker, Budget { turns: [0, 2], ..TWO_CHANGES_AND_CUT }, Wrong::Returned);
}
