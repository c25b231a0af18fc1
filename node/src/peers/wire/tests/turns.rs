//! Who leaves when.

use super::*;
use crate::peers::limits::{PART_BYTES, PARTIAL_BYTES, PARTIAL_MESSAGES};
use crate::peers::message::{Ask, Forward, Reply};
use crate::peers::wire::Place;
use crate::store::Stored;

fn beacon() -> Question {
    Question { epoch: 1, ask: Ask::Beacon { settled: 1 } }
}

fn of_bytes(bytes: usize) -> Question {
    let subject = Stored::new(b"", &vec![7; bytes]);
    let command = cloakroom_session::Command::Get;
    let patience = std::time::Duration::ZERO;
    Question { epoch: 1, ask: Ask::Forward(Forward { hops: 1, command, patience, abroad: false, subject }) }
}

/// The numbers of the frames of one batch, in order.
fn next_batch(outgoing: &mut Outgoing) -> Vec<u32> {
    let mut batch = Vec::new();
    outgoing.fill(&mut batch);
    let mut rest = batch.as_slice();
    let mut numbers = Vec::new();
    while let Some((frame, taken)) = next_frame(rest).unwrap() {
        use crate::peers::wire::head::Head;
        match postcard::take_from_bytes::<Head>(frame).unwrap().0 {
            Head::Part { id } | Head::Question { id, .. } | Head::Answer { id, .. } => numbers.push(id),
            Head::Void => {}
            other => panic!("{other:?}"),
        }
        rest = &rest[taken..];
    }
    numbers
}

#[test]
fn small_messages_leave_before_the_next_part_of_a_large_one() {
    let mut outgoing = Outgoing::default();
    outgoing.question(1, &of_bytes(10 * PART_BYTES)).unwrap();
    assert_eq!(next_batch(&mut outgoing), [1]);
    outgoing.question(2, &beacon()).unwrap();
    outgoing.question(3, &of_bytes(PART_BYTES)).unwrap();
    assert_eq!(next_batch(&mut outgoing), [2, 3, 1]);
}

#[test]
fn large_messages_take_turns() {
    let mut outgoing = Outgoing::default();
    for id in 1..=3 {
        outgoing.question(id, &of_bytes(2 * PART_BYTES)).unwrap();
    }
    let order: Vec<u32> = (0..6).flat_map(|_| next_batch(&mut outgoing)).collect();
    assert_eq!(order, [1, 2, 3, 1, 2, 3]);
    assert!(outgoing.is_empty());
}

#[test]
fn as_many_are_under_way_as_a_receiver_takes() {
    let many = u32::try_from(PARTIAL_MESSAGES).unwrap() + 2;
    let check = |bytes: usize| {
        let mut outgoing = Outgoing::default();
        for id in 0..many {
            outgoing.question(id, &of_bytes(bytes)).unwrap();
        }
        let mut incoming = Incoming::default();
        let received =
            batches(&mut outgoing).iter().flat_map(|batch| read(&mut incoming, batch).unwrap()).count();
        assert_eq!(received, many as usize);
    };
    check(3 * PART_BYTES);
    check(PARTIAL_BYTES / 3);
    check(PARTIAL_BYTES + 1);
}

#[test]
fn what_is_withdrawn_in_time_never_arrives() {
    let mut outgoing = Outgoing::default();
    let first = outgoing.question(1, &beacon()).unwrap();
    let second = outgoing.question(2, &beacon()).unwrap();
    let large = outgoing.question(3, &of_bytes(2 * PART_BYTES)).unwrap();
    let other = outgoing.question(4, &of_bytes(2 * PART_BYTES)).unwrap();
    assert!(outgoing.withdraw(1, first));
    assert!(outgoing.withdraw(3, large));
    assert_eq!(next_batch(&mut outgoing), [2, 4]);
    assert!(!outgoing.withdraw(2, second), "it is on its way");
    assert!(!outgoing.withdraw(4, other), "a part of it is on its way");
    assert_eq!(next_batch(&mut outgoing), [4]);
    assert!(outgoing.is_empty() && outgoing.bytes() == 0);
}

#[test]
fn places_are_where_the_bytes_are() {
    let mut outgoing = Outgoing::default();
    let answered = Answered { epoch: 1, reply: Reply::Pushed };
    let mut handed_over = 0;
    for _ in 0..3 {
        let Place::At(start, end) = outgoing.answer(1, &answered).unwrap() else { panic!("it is small") };
        assert_eq!(start, handed_over);
        outgoing.question(2, &of_bytes(PART_BYTES + 1)).unwrap();
        let mut batch = Vec::new();
        assert_eq!(outgoing.fill(&mut batch), []);
        handed_over += batch.len() as u64;
        assert!(end < handed_over);
        batch.clear();
        let ended = outgoing.fill(&mut batch);
        handed_over += batch.len() as u64;
        assert_eq!(ended, [(2, handed_over)]);
    }
}
