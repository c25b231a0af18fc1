//! Arbitrary bytes: nothing panics, and memory grows with what arrived.
//!
//! These run in seconds with the other tests. The same targets take a coverage-guided engine
//! (`cargo bolero test -p cloakroom-node peers::wire::tests::fuzz::spoilt`) for hours.

use std::time::Duration;

use cloakroom_session::{Command, CookieField, Outcome, Timeout};

use super::*;
use crate::peers::limits::PART_BYTES;
use crate::peers::message::{Ask, Forward, Reply};
use crate::store::{Backed, Held, Parcel, Row, Stored};

const ITERATIONS: usize = 20_000;

/// Reads `bytes` up to the first fault, and returns how many messages there were.
fn check(bytes: &[u8]) -> usize {
    let mut incoming = Incoming::default();
    let mut messages = 0;
    let mut rest = bytes;
    while let Ok(Some((frame, taken))) = next_frame(rest) {
        match incoming.take(frame) {
            Ok(received) => messages += usize::from(received.is_some()),
            Err(_) => break,
        }
        rest = &rest[taken..];
        assert!(incoming.held_bytes() <= 2 * bytes.len());
    }
    messages
}

#[test]
fn frames() {
    bolero::check!().with_type::<Vec<Vec<u8>>>().with_iterations(ITERATIONS).for_each(|frames| {
        let mut bytes = Vec::new();
        for frame in frames {
            bytes.extend(u32::try_from(frame.len()).unwrap().to_le_bytes());
            bytes.extend(frame);
        }
        check(&bytes);
    });
}

/// One message of each kind, and one in parts.
fn messages() -> Vec<u8> {
    let timeout = Timeout::DEFAULT;
    let cookie = CookieField::Value(9);
    let row = Row {
        content: Stored::new(b"key", b"body"),
        epoch: 3,
        timeout,
        uninitialised: false,
        cookie: 5,
        locked: Some(Duration::from_secs(1)),
        remaining: Duration::from_secs(60),
        backed: Backed::Flushed,
    };
    let tombstone = Parcel::Tombstone { key: Stored::new(b"gone", b""), epoch: 2, age: Duration::ZERO };
    let forward = |body: &[u8]| {
        let command = Command::Set { timeout, uninitialised: true, cookie };
        let subject = Stored::new(b"key", body);
        Ask::Forward(Forward { hops: 1, command, patience: Duration::from_secs(8), abroad: false, subject })
    };
    let mut outgoing = Outgoing::default();
    let asks = [
        Ask::Beacon { settled: 1 },
        forward(b"body"),
        forward(&vec![1; PART_BYTES]),
        Ask::Take { key: b"key".as_slice().into() },
        Ask::Push(vec![Parcel::Row(row.clone()), tombstone]),
    ];
    for (id, ask) in (0..).zip(asks) {
        outgoing.question(id, &Question { epoch: 4, ask }).unwrap();
    }
    let outcome = Outcome::Acquired { initialise: true, timeout, cookie: 3 };
    let body = Some(Stored::new(b"key", b"body"));
    let replies = [Reply::Forwarded { outcome, body }, Reply::Held(Held::Row(row)), Reply::Behind];
    for (id, reply) in (0..).zip(replies) {
        outgoing.answer(id, &Answered { epoch: 4, reply }).unwrap();
    }
    outgoing.ping();
    outgoing.pong();
    batches(&mut outgoing).concat()
}

#[test]
fn spoilt() {
    let whole = messages();
    assert_eq!(check(&whole), 10);
    // Where, and what stands there instead.
    bolero::check!().with_type::<Vec<(u16, u8)>>().with_iterations(ITERATIONS).for_each(|spots| {
        let mut bytes = whole.clone();
        for (place, byte) in spots {
            // Most of the bytes are one body; the others are what matters.
            let place = usize::from(*place) % 600;
            bytes[place] = *byte;
        }
        check(&bytes);
    });
}
