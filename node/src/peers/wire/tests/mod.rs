//! Messages through bytes and back, and bytes that are no messages.

mod frozen;
mod fuzz;
mod round_trip;
mod strategies;
mod turns;

use std::collections::BTreeMap;

use super::{Fault, Incoming, Outgoing, Received, next_frame};
use crate::peers::message::{Answered, Question};

/// A message and its number.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Message {
    Question(Question),
    Answer(Answered),
}

/// Everything that `outgoing` has to say, in batches.
fn batches(outgoing: &mut Outgoing) -> Vec<Vec<u8>> {
    let mut batches = Vec::new();
    while !outgoing.is_empty() {
        let mut batch = Vec::new();
        outgoing.fill(&mut batch);
        batches.push(batch);
    }
    batches
}

/// The messages in `bytes`, of which nothing may be left over.
fn read(incoming: &mut Incoming, mut bytes: &[u8]) -> Result<Vec<Received>, Fault> {
    let mut received = Vec::new();
    while let Some((frame, taken)) = next_frame(bytes)? {
        received.extend(incoming.take(frame)?);
        bytes = &bytes[taken..];
    }
    assert_eq!(bytes, [0; 0], "a batch ends with a frame");
    Ok(received)
}

/// `received` by number.
fn by_number(received: Vec<Received>) -> BTreeMap<u32, Message> {
    received
        .into_iter()
        .map(|received| match received {
            Received::Question { id, question, .. } => (id, Message::Question(question)),
            Received::Answer { id, answered } => (id, Message::Answer(answered)),
            Received::Ping | Received::Pong => panic!("nobody sent a sign of life"),
        })
        .collect()
}
