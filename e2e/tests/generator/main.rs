//! The load generator itself: it finds nothing wrong with a node that is right, and every fault of one that is not.
//!
//! A tool that cannot fail proves nothing, so each kind of trouble is provoked once.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test shows what the load came to, and may panic"
)]

mod node;
mod tiers;

use std::time::Duration;

use cloakroom_e2e::load::{Failure, Load, Plan, Report, Wrong};

use crate::node::{Fault, Node};

fn plan() -> Plan {
    Plan { rate: 400.0, sessions: 50, web_servers: 3, think: Duration::from_millis(5), ..Plan::default() }
}

/// Puts load on a node until it did `fault` often enough.
async fn run(fault: Fault) -> Report {
    let node = Node::start().await;
    let load = Load::start(&node.address, plan()).await.expect("the node is right as yet");
    load.mark("faulty");
    let times = if fault == Fault::None { 500 } else { 10 };
    node.misbehave(fault, times).await;
    load.mark("right again");
    let report = load.finish().await;
    println!("{fault:?}\n{report}");
    report
}

#[tokio::test]
async fn nothing_is_wrong_with_a_node_that_is_right() {
    let report = run(Fault::None).await;
    report.check_unnoticed();
    assert!(report.phases.iter().all(|phase| phase.holds == 0));
    assert!(report.phases.iter().any(|phase| phase.name == "faulty" && phase.requests > 400));
    assert_eq!(report.notes, [""; 0]);
}

async fn check_wrong(fault: Fault, wrong: Wrong) {
    let report = run(fault).await;
    assert!(report.wrongs(wrong) > 0, "{fault:?} is not found");
}

#[tokio::test]
async fn loss_is_found() {
    check_wrong(Fault::Forgets, Wrong::Lost).await;
    check_wrong(Fault::AcknowledgesOnly, Wrong::Lost).await;
    check_wrong(Fault::SaysAbsent, Wrong::Lost).await;
}

#[tokio::test]
async fn what_should_be_gone_is_found() {
    check_wrong(Fault::KeepsRemoved, Wrong::Resurrected).await;
}

#[tokio::test]
async fn what_is_not_the_sessions_own_is_found() {
    check_wrong(Fault::Flips, Wrong::NeverWritten).await;
}

#[tokio::test]
async fn faults_of_locks_are_found() {
    check_wrong(Fault::GrantsTwice, Wrong::GrantedTwice).await;
    check_wrong(Fault::RepeatsCookie, Wrong::CookieReused).await;
    check_wrong(Fault::KeepsLocked, Wrong::LockedForNobody).await;
}

async fn check_failure(fault: Fault, failure: Failure) {
    let report = run(fault).await;
    assert!(report.failures(failure) > 0, "{fault:?} is not found");
    report.check_nothing_lost();
}

#[tokio::test]
async fn errors_are_counted_and_are_no_loss() {
    check_failure(Fault::ClosesBefore, Failure::Closed).await;
    check_failure(Fault::ClosesAfter, Failure::Closed).await;
    check_failure(Fault::Refuses, Failure::BadRequest).await;
    check_failure(Fault::RefusesHolder, Failure::NotTheHolder).await;
    check_failure(Fault::SaysAbsentToWrites, Failure::NotThere).await;
}

#[tokio::test]
async fn holds_are_counted_and_are_no_error() {
    let report = run(Fault::PutsOff).await;
    report.check_unnoticed();
    assert_eq!(report.phases.iter().map(|phase| phase.holds).sum::<u64>(), 10);
    assert!(report.phases.iter().any(|phase| !phase.longest_hold.is_zero()));
}
