//! Bytes that other releases send and expect: whoever must change one of these raises the version of the hello.

use std::time::Duration;

use cloakroom_session::{Command, CookieField, Outcome, Timeout};

use super::*;
use crate::peers::message::{Ask, Forward, Reply};
use crate::store::{Backed, Held, Parcel, Row, Stored};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn check_question(ask: Ask, expected: &str) {
    let mut outgoing = Outgoing::default();
    outgoing.question(300, &Question { epoch: 5, ask }).unwrap();
    assert_eq!(hex(&batches(&mut outgoing).concat()), expected);
}

fn check_answer(reply: Reply, expected: &str) {
    let mut outgoing = Outgoing::default();
    outgoing.answer(300, &Answered { epoch: 5, reply }).unwrap();
    assert_eq!(hex(&batches(&mut outgoing).concat()), expected);
}

fn row() -> Row {
    Row {
        content: Stored::new(b"key", b"body"),
        epoch: 4,
        timeout: Timeout::DEFAULT,
        uninitialised: true,
        cookie: -1,
        locked: Some(Duration::from_millis(1)),
        remaining: Duration::from_secs(60),
        backed: Backed::Recovered { stored: 3 },
    }
}

#[test]
fn questions() {
    check_question(Ask::Beacon { settled: 4 }, "0700000004ac0200050004");
    check_question(Ask::Take { key: b"key".as_slice().into() }, "0900000004ac020305036b6579");
    let tombstone =
        Parcel::Tombstone { key: Stored::new(b"key", b""), epoch: 3, age: Duration::from_secs(2) };
    check_question(
        Ask::Push(vec![Parcel::Row(row()), tombstone]),
        "2500000004ac021f0504000304041401010100c0843d3c0002036b6579626f647901030302006b6579",
    );
    let forward = |command| {
        let patience = Duration::from_secs(8);
        let subject = Stored::new(b"key", b"");
        Ask::Forward(Forward { hops: 1, command, patience, abroad: false, subject })
    };
    let cookie = CookieField::Value(7);
    check_question(forward(Command::Get), "0e00000004ac0203050201000800036b6579");
    check_question(forward(Command::Acquire), "0e00000004ac0203050201010800036b6579");
    check_question(forward(Command::Release { cookie }), "1000000004ac020305020102020e0800036b6579");
    let set = Command::Set { timeout: Timeout::DEFAULT, uninitialised: true, cookie: CookieField::Missing };
    check_question(forward(set), "1100000004ac0203050201031401000800036b6579");
    check_question(
        forward(Command::Remove { cookie: CookieField::Bad }),
        "0f00000004ac020305020104010800036b6579",
    );
    check_question(forward(Command::Touch), "0e00000004ac0203050201050800036b6579");
}

#[test]
fn answers() {
    let forwarded = |outcome| Reply::Forwarded { outcome, body: None };
    let (initialise, timeout) = (true, Timeout::DEFAULT);
    let body = Some(Stored::new(b"key", b"body"));
    check_answer(Reply::Beacon { settled: 4 }, "0700000005ac0200050004");
    check_answer(Reply::Adopted, "0600000005ac02000501");
    check_answer(
        Reply::Forwarded { outcome: Outcome::Found { initialise, timeout }, body: body.clone() },
        "1200000005ac0207050200011401036b6579626f6479",
    );
    check_answer(
        Reply::Forwarded { outcome: Outcome::Acquired { initialise, timeout, cookie: 2 }, body },
        "1300000005ac020705020101140401036b6579626f6479",
    );
    check_answer(forwarded(Outcome::Released { initialise }), "0900000005ac02000502020100");
    check_answer(forwarded(Outcome::Stored), "0800000005ac020005020300");
    check_answer(forwarded(Outcome::Removed), "0800000005ac020005020400");
    check_answer(forwarded(Outcome::Touched), "0800000005ac020005020500");
    check_answer(forwarded(Outcome::Absent), "0800000005ac020005020600");
    check_answer(forwarded(Outcome::Locked { cookie: 2, age_millis: 9 }), "0a00000005ac0200050207040900");
    check_answer(forwarded(Outcome::Refused { initialise }), "0900000005ac02000502080100");
    check_answer(
        Reply::Held(Held::Row(row())),
        "1c00000005ac020705030304041401010100c0843d3c0002036b6579626f6479",
    );
    check_answer(Reply::Held(Held::Tombstone { epoch: 4 }), "0700000005ac0200050404");
    check_answer(Reply::Held(Held::Nothing), "0600000005ac02000505");
    check_answer(Reply::Pushed, "0600000005ac02000506");
    check_answer(Reply::Behind, "0600000005ac02000508");
    check_answer(Reply::Retry { after: Duration::from_millis(20) }, "0b00000005ac020005090080dac409");
    check_answer(Reply::Unavailable, "0600000005ac0200050a");
}

#[test]
fn signs_of_life_and_parts() {
    let mut outgoing = Outgoing::default();
    outgoing.ping();
    outgoing.pong();
    let key = vec![0; crate::peers::limits::PART_BYTES + 1].into();
    outgoing.question(300, &Question { epoch: 5, ask: Ask::Take { key } }).unwrap();
    let bytes = batches(&mut outgoing).concat();
    let (first, last) = (&bytes[..24], &bytes[bytes.len() - 8..]);
    assert_eq!(hex(first), "010000000101000000020800010004ac0281800405030000");
    assert_eq!(hex(last), "0400000003ac0200");
}
