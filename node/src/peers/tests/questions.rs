//! What becomes of each open question.

use std::task::{Context, Poll, Waker};

use super::*;
use crate::peers::limits::{OPEN_BYTES, OPEN_QUESTIONS, PART_BYTES};
use crate::peers::message::NoAnswer;
use crate::peers::questions::{NotTaken, Questions, Receiver};
use crate::peers::wire::Fault;

fn cx() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// Hands everything over that can be, and returns how many bytes that were.
fn hand_over(questions: &mut Questions) -> u64 {
    let mut batch = Vec::new();
    questions.outgoing.fill(&mut batch);
    batch.len() as u64
}

#[test]
fn each_question_gets_its_answer_once() {
    let mut questions = Questions::default();
    let ids = [1, 2, 3].map(|epoch| questions.ask(&beacon(epoch)).unwrap());
    assert_eq!(questions.poll(ids[1], &cx()), Poll::Pending);
    assert!(matches!(questions.answered(ids[1], answered(2)), Ok(Receiver::Asker(Some(_)))));
    assert!(matches!(questions.answered(ids[0], answered(1)), Ok(Receiver::Asker(None))));
    assert_eq!(questions.answered(ids[1], answered(2)).unwrap_err(), Fault::OutOfPlace);
    assert_eq!(questions.answered(99, answered(2)).unwrap_err(), Fault::OutOfPlace);
    assert_eq!(questions.poll(ids[0], &cx()), Poll::Ready(Ok(answered(1))));
    assert_eq!(questions.poll(ids[1], &cx()), Poll::Ready(Ok(answered(2))));
    assert_eq!(questions.answered(ids[0], answered(1)).unwrap_err(), Fault::OutOfPlace);
    assert_eq!(questions.poll(ids[2], &cx()), Poll::Pending);
}

#[test]
fn a_number_is_not_given_again_before_its_answer_came() {
    let mut questions = Questions::default();
    let first = questions.ask(&beacon(1)).unwrap();
    hand_over(&mut questions);
    assert_eq!(questions.give_up(first), Err(NoAnswer::Unknown));
    let second = questions.ask(&beacon(2)).unwrap();
    assert_ne!(first, second);
    assert!(matches!(questions.answered(first, answered(1)), Ok(Receiver::Nobody(_))));
    assert_eq!(questions.poll(second, &cx()), Poll::Pending);
    assert_eq!(questions.ask(&beacon(3)), Ok(first));
}

#[test]
fn giving_up_says_whether_the_question_left() {
    let mut questions = Questions::default();
    let [left, answered_before] = [1, 2].map(|epoch| questions.ask(&beacon(epoch)).unwrap());
    hand_over(&mut questions);
    let stayed = questions.ask(&beacon(3)).unwrap();
    assert!(matches!(questions.answered(answered_before, answered(2)), Ok(Receiver::Asker(None))));
    assert_eq!(questions.give_up(left), Err(NoAnswer::Unknown));
    assert_eq!(questions.give_up(answered_before), Ok(answered(2)));
    assert_eq!(questions.give_up(stayed), Err(NoAnswer::NotSent));
    assert!(!questions.is_idle(), "the answer to one may still come");
    hand_over(&mut questions);
    assert!(matches!(questions.answered(left, answered(1)), Ok(Receiver::Nobody(_))));
    assert!(questions.is_idle());
}

#[test]
fn at_the_end_what_the_socket_did_not_take_was_not_sent() {
    let mut questions = Questions::default();
    let written = questions.ask(&beacon(1)).unwrap();
    let sent = hand_over(&mut questions);
    let partly = questions.ask(&beacon(2)).unwrap();
    let behind = questions.ask(&beacon(3)).unwrap();
    hand_over(&mut questions);
    let kept = questions.ask(&beacon(4)).unwrap();
    let large = Ask::Take { key: vec![0; 2 * PART_BYTES].into() };
    let large = questions.ask(&Question { epoch: 5, ask: large }).unwrap();
    assert_eq!(questions.poll(written, &cx()), Poll::Pending);

    assert_eq!(questions.end(sent + 1).len(), 1);
    let results = [written, partly, behind, kept, large].map(|id| questions.poll(id, &cx()));
    let (unknown, not_sent) = (Err(NoAnswer::Unknown), Err(NoAnswer::NotSent));
    assert_eq!(
        results,
        [unknown.clone(), unknown, not_sent.clone(), not_sent.clone(), not_sent].map(Poll::Ready)
    );
    assert_eq!(questions.ask(&beacon(6)), Err(NotTaken::Ended));
}

#[test]
fn there_is_room_for_so_many_and_so_much() {
    let mut questions = Questions::default();
    for epoch in 0..OPEN_QUESTIONS as u64 {
        questions.ask(&beacon(epoch)).unwrap();
    }
    assert_eq!(questions.ask(&beacon(0)), Err(NotTaken::Full));
    hand_over(&mut questions);
    assert!(matches!(questions.answered(7, answered(7)), Ok(Receiver::Asker(None))));
    assert_eq!(questions.ask(&beacon(0)), Err(NotTaken::Full), "its asker has not taken it yet");
    assert_eq!(questions.poll(7, &cx()), Poll::Ready(Ok(answered(7))));
    assert_eq!(questions.ask(&beacon(0)), Ok(7));

    let mut questions = Questions::default();
    let half = Question { epoch: 1, ask: Ask::Take { key: vec![0; OPEN_BYTES / 2].into() } };
    let first = questions.ask(&half).unwrap();
    questions.ask(&half).unwrap();
    assert_eq!(questions.ask(&half), Err(NotTaken::Full));
    assert_eq!(questions.give_up(first), Err(NoAnswer::NotSent));
    questions.ask(&half).unwrap();
}
