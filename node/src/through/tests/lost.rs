//! Answers that never come: what was asked is asked again and done once, and no lock is left that nobody knows of.

use cloakroom_session::{Command, CookieField, Outcome};

use super::engine::Trouble::{self, AnswerLost, Away, Late, QuestionLost};
use super::{PATIENCE, Refused, SECOND, Trust, World, body, pass, set};
use crate::backing::{Fault, FaultKind};

/// A free session that both nodes have seen.
async fn world() -> World {
    let world = World::new();
    world.owner(set(None), "a").await;
    world
}

#[tokio::test(start_paused = true)]
async fn a_change_whose_answer_is_lost_is_done_once() {
    for troubles in [vec![AnswerLost], vec![QuestionLost], vec![AnswerLost, Away, QuestionLost]] {
        let world = world().await;
        world.engine.trouble(troubles.clone());
        let cookie = world.lock(0, Trust::Owner).await;
        assert_eq!(cookie, 2, "{troubles:?}");
        world.engine.trouble(troubles.clone());
        assert_eq!(world.owner(set(Some(cookie)), "b").await.outcome, Outcome::Stored, "{troubles:?}");
        world.engine.trouble(troubles.clone());
        let remove = Command::Remove { cookie: CookieField::Value(cookie) };
        assert_eq!(world.owner(remove, "").await.outcome, Outcome::Removed, "{troubles:?}");
        assert!(world.row().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_that_was_not_sent_changed_nothing() {
    let world = world().await;
    world.engine.trouble([Away]);
    let refused = world.ask(0, Trust::Owner, Command::Acquire, "").await.unwrap_err();
    assert_eq!(refused, Refused::Unreachable(Fault::new(FaultKind::Unreachable, "away")));
    assert!(!world.locked());
    world.engine.trouble([QuestionLost]);
    let refused = world.ask(1, Trust::StandIn, Command::Acquire, "").await.unwrap_err();
    assert_eq!(refused, Refused::Unreachable(Fault::new(FaultKind::NoAnswer, "silence")), "only a read");
    assert_eq!(world.lock(0, Trust::Owner).await, 2);
}

/// An acquire that is never answered, through an engine that does this with its first question and is silent then.
async fn unanswered_acquire(first: Trouble) -> World {
    let world = world().await;
    world.engine.trouble([first]);
    world.engine.trouble([QuestionLost; 200]);
    let refused = world.ask(0, Trust::Owner, Command::Acquire, "").await.unwrap_err();
    assert_eq!(refused, Refused::Unknown);
    world
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_nobody_was_told_of_is_given_back() {
    for first in [AnswerLost, QuestionLost, Late(SECOND)] {
        let world = unanswered_acquire(first).await;
        assert_eq!(world.locked(), first != QuestionLost, "{first:?}");
        world.engine.troubles.lock().clear();
        pass(SECOND * 3).await;
        assert!(!world.locked(), "{first:?}");
        let answer = world.owner(Command::Acquire, "").await;
        assert!(matches!(answer.outcome, Outcome::Acquired { .. }), "{first:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_another_one_has_is_not_given_back() {
    let world = unanswered_acquire(QuestionLost).await;
    world.engine.troubles.lock().clear();
    let cookie = world.lock(1, Trust::StandIn).await;
    pass(SECOND * 5).await;
    assert!(world.locked());
    assert_eq!(world.stand_in(set(Some(cookie)), "b").await.outcome, Outcome::Stored);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_may_have_been_built_on_is_not_made_again() {
    let world = world().await;
    let cookie = world.lock(0, Trust::Owner).await;
    world.engine.trouble([AnswerLost]);
    let committing = world.ask(0, Trust::Owner, set(Some(cookie)), "b");
    let meanwhile = async {
        pass(SECOND / 10).await;
        let next = world.lock(1, Trust::StandIn).await;
        world.stand_in(set(Some(next)), "c").await;
    };
    let (committed, ()) = tokio::join!(committing, meanwhile);
    assert_eq!(committed.unwrap_err(), Refused::Unknown);
    assert_eq!(body(&world.owner(Command::Get, "").await), Some("c"));
}

#[tokio::test(start_paused = true)]
async fn a_change_that_lost_against_another_one_is_decided_again() {
    let world = world().await;
    world.engine.trouble([QuestionLost]);
    let acquiring = world.ask(0, Trust::Owner, Command::Acquire, "");
    let meanwhile = async {
        pass(SECOND / 10).await;
        world.lock(1, Trust::StandIn).await
    };
    let (acquired, cookie) = tokio::join!(acquiring, meanwhile);
    let outcome = acquired.unwrap().outcome;
    assert!(matches!(outcome, Outcome::Locked { cookie: theirs, .. } if theirs == cookie), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn a_change_that_was_never_answered_is_settled_and_what_was_read_before_is_forgotten() {
    let world = world().await;
    world.engine.trouble([QuestionLost; 200]);
    let refused = world.ask(0, Trust::Owner, set(None), "b").await.unwrap_err();
    assert_eq!(refused, Refused::Unknown);
    pass(SECOND / 2).await;
    world.engine.troubles.lock().clear();
    world.engine.calls();
    assert_eq!(body(&world.owner(Command::Get, "").await), Some("a"));
    assert_eq!(world.engine.calls().0, 1, "what was remembered before may be old");
    pass(PATIENCE).await;
    assert_eq!(body(&world.owner(Command::Get, "").await), Some("b"), "it was asked again");
}
