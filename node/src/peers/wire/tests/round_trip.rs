//! What is sent is what arrives.

use proptest::collection::vec;
use proptest::prelude::*;

use super::strategies::message;
use super::*;
use crate::peers::limits::{HEAD_BYTES, PARCEL_HEAD_BYTES, PART_BYTES, PUSH_BYTES};
use crate::peers::message::Ask;
use crate::store::{Parcel, Stored};

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn messages_arrive_as_they_were_sent(messages in vec(message(), 1..8)) {
        let mut outgoing = Outgoing::default();
        let messages: BTreeMap<u32, Message> = (0..).zip(messages).collect();
        for (id, message) in &messages {
            match message {
                Message::Question(question) => outgoing.question(*id, question).map(drop),
                Message::Answer(answered) => outgoing.answer(*id, answered).map(drop),
            }.unwrap();
        }
        let mut incoming = Incoming::default();
        let mut received = Vec::new();
        for batch in batches(&mut outgoing) {
            received.extend(read(&mut incoming, &batch).unwrap());
        }
        prop_assert_eq!(by_number(received), messages);
        prop_assert_eq!(outgoing.bytes(), 0);
    }
}

fn tombstones(count: usize, key_bytes: usize) -> Question {
    let key = Stored::new(&vec![b'k'; key_bytes], b"");
    let tombstone = Parcel::Tombstone { key, epoch: u64::MAX, age: std::time::Duration::MAX };
    Question { epoch: u64::MAX, ask: Ask::Push(vec![tombstone; count]) }
}

#[test]
fn a_push_of_the_largest_size_arrives_and_a_larger_one_is_not_sent() {
    let whole = PUSH_BYTES / (1024 + PARCEL_HEAD_BYTES);
    let mut outgoing = Outgoing::default();
    let question = tombstones(whole, 1024);
    outgoing.question(7, &question).unwrap();
    let mut incoming = Incoming::default();
    let received: Vec<Received> =
        batches(&mut outgoing).iter().flat_map(|batch| read(&mut incoming, batch).unwrap()).collect();
    assert_eq!(by_number(received), BTreeMap::from([(7, Message::Question(question))]));

    outgoing.question(8, &tombstones(2 * whole, 1024)).unwrap_err();
    outgoing.question(9, &tombstones(1, 3 * PUSH_BYTES)).unwrap();
}

#[test]
fn no_frame_is_longer_than_a_part_and_its_head() {
    let mut outgoing = Outgoing::default();
    outgoing.question(u32::MAX, &tombstones(1, 3 * PART_BYTES)).unwrap();
    for batch in batches(&mut outgoing) {
        let mut rest = batch.as_slice();
        while let Some((frame, taken)) = next_frame(rest).unwrap() {
            assert!(frame.len() <= PART_BYTES + HEAD_BYTES);
            rest = &rest[taken..];
        }
    }
}
