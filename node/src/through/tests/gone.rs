//! Clients that go away in the middle.

use std::time::Duration;

use cloakroom_session::{Command, Outcome};
use futures_util::FutureExt as _;

use super::engine::Trouble::{AnswerLost, Late, Overtaken, QuestionLost, Slow};
use super::{Answer, Refused, SECOND, Trust, World, body, pass, set};

fn granted(answer: &Result<Answer, Refused>) -> bool {
    matches!(answer, Ok(answer) if matches!(answer.outcome, Outcome::Acquired { .. }))
}

#[tokio::test(start_paused = true)]
async fn a_client_that_goes_away_leaves_neither_gate_nor_lock() {
    for trouble in [Slow(SECOND / 2), AnswerLost, QuestionLost, Late(SECOND)] {
        // While it waits for its turn, for a read, for a swap.
        for gone_after in [Duration::ZERO, SECOND / 10, SECOND] {
            for trust in [Trust::Owner, Trust::StandIn] {
                let world = World::new();
                world.owner(set(None), "a").await;
                world.engine.trouble([trouble, trouble]);
                let acquiring = world.ask(0, trust, Command::Acquire, "");
                let behind = world.ask(0, trust, Command::Acquire, "");
                let both = async { tokio::join!(biased; acquiring, behind) };
                let answered = tokio::time::timeout(gone_after, both).await;
                let told = answered.is_ok_and(|(first, second)| {
                    assert!(!(granted(&first) && granted(&second)));
                    granted(&first) || granted(&second)
                });
                pass(SECOND * 5).await;
                assert!(world.gates_are_gone(), "{trouble:?} {gone_after:?} {trust:?}");
                assert_eq!(world.locked(), told, "{trouble:?} {gone_after:?} {trust:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_lock_whose_report_nobody_hears_is_given_back() {
    let world = World::new();
    world.owner(set(None), "a").await;
    let mut acquiring = Box::pin(world.ask(0, Trust::Owner, Command::Acquire, ""));
    assert!(acquiring.as_mut().now_or_never().is_none());
    // The swap is made, and its report waits to be heard.
    tokio::task::yield_now().await;
    assert!(world.locked());
    drop(acquiring);
    pass(SECOND).await;
    assert!(!world.locked());
    assert!(world.gates_are_gone());
}

#[tokio::test(start_paused = true)]
async fn a_commit_goes_on_without_its_client() {
    let world = World::new();
    world.owner(set(None), "a").await;
    world.engine.trouble([QuestionLost, AnswerLost]);
    let mut committing = Box::pin(world.ask(0, Trust::Owner, set(None), "b"));
    assert!(committing.as_mut().now_or_never().is_none());
    drop(committing);
    assert_eq!(body(&world.owner(Command::Get, "").await), Some("b"), "it comes after the commit");
}

#[tokio::test(start_paused = true)]
async fn who_is_always_overtaken_is_told_in_the_end_and_has_changed_nothing() {
    let world = World::new();
    world.owner(set(None), "a").await;
    world.engine.calls();
    world.engine.trouble(std::iter::repeat_n(Overtaken, 10_000));
    assert_eq!(world.ask(0, Trust::Owner, set(None), "b").await.unwrap_err(), Refused::TooSlow);
    let (_, swaps) = world.engine.calls();
    assert!((50..2_000).contains(&swaps), "{swaps} in 8 s");
    world.engine.troubles.lock().clear();
    assert_eq!(body(&world.owner(Command::Get, "").await), Some("a"));
}

#[tokio::test(start_paused = true)]
async fn what_comes_too_late_is_not_begun() {
    let world = World::new();
    world.owner(set(None), "a").await;
    let content = super::stored("b");
    let late = super::Request {
        give_up: std::time::Duration::ZERO,
        ..world.request(set(None), Some(&content), Trust::Owner)
    };
    let refused = world.nodes[0].serve(late, std::future::ready(None)).await.unwrap_err();
    pass(SECOND).await;
    assert_eq!((refused, body(&world.owner(Command::Get, "").await)), (Refused::TooSlow, Some("a")));
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_for_its_turn_is_told() {
    let world = World::new();
    world.owner(set(None), "a").await;
    world.engine.trouble([Slow(SECOND * 20)]);
    let first = world.ask(0, Trust::Owner, set(None), "b");
    let second = async {
        pass(SECOND).await;
        world.ask(0, Trust::Owner, set(None), "c").await
    };
    let (first, second) = tokio::join!(biased; first, second);
    assert_eq!(first.unwrap_err(), Refused::Unknown);
    assert_eq!(second.unwrap_err(), Refused::TooSlow);
    pass(SECOND * 20).await;
    assert_eq!(body(&world.owner(Command::Get, "").await), Some("b"));
    assert!(world.gates_are_gone());
}
