//! Requests that no real client sends, and what each earns.

use cloakroom_protocol::aspnet::{Decoder, Fault, Limits, Meaning, Refusal};
use cloakroom_session::{Command, CookieField};
use proptest::prelude::*;

const LIMITS: Limits = Limits { head_bytes: 256, target_bytes: 64, headers: 5, body_bytes: 1000 };

fn check(head: impl AsRef<[u8]>, expected: Result<Meaning, Fault>) {
    let head = head.as_ref();
    let got =
        Decoder::default().head(head, &LIMITS).map(|found| found.expect("the head is complete").meaning);
    assert_eq!(got, expected, "{}", head.escape_ascii());
}

fn refused(head: &str, refusal: Refusal) {
    check(head, Ok(Meaning::Refused(refusal)));
}

fn fault(head: impl AsRef<[u8]>, fault: Fault) {
    check(head, Err(fault));
}

#[test]
fn request_lines() {
    for line in
        ["", "GET", "GET x", "GET HTTP/1.1", "GET  HTTP/1.1", " x HTTP/1.1", "GET x HTTP/2", "GET x http/1.1"]
    {
        fault(format!("{line}\r\n\r\n"), Fault::RequestLine);
    }
    fault("\r\nGET x HTTP/1.1\r\n\r\n", Fault::RequestLine);
    fault(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", Fault::ControlByte);
    fault("GET a\rb HTTP/1.1\r\n\r\n", Fault::ControlByte);
    fault(format!("GET {} HTTP/1.1\r\n\r\n", "x".repeat(65)), Fault::TargetTooLong);
    check(format!("GET {} HTTP/1.1\r\n\r\n", "x".repeat(64)), Ok(Meaning::Command(Command::Get)));
    check("GET a b HTTP/1.0\r\n\r\n", Ok(Meaning::Command(Command::Get)));
    refused("get x HTTP/1.1\r\nContent-Length: 3\r\n\r\n", Refusal::Method);
    fault("POST x HTTP/1.1\r\n\r\n", Fault::ContentLengthMissing);
}

#[test]
fn header_lines() {
    let get = |lines: &str| format!("GET x HTTP/1.1\r\n{lines}\r\n\r\n");
    for line in ["Exclusive acquire", ": x", "Timeout : 20", " Timeout: 20", "\tfolded: x"] {
        fault(get(line), Fault::HeaderLine);
    }
    fault(get("A: x\0y"), Fault::ControlByte);
    fault(get("A: x\ry"), Fault::ControlByte);
    fault(get("transfer-encoding: chunked"), Fault::TransferEncoding);
    fault(get("A:1\r\nB:2\r\nC:3\r\nD:4\r\nE:5\r\nF:6"), Fault::TooManyHeaders);
    check(get("A:1\r\nB:2\r\nC:3\r\nD:4\r\nE:5"), Ok(Meaning::Command(Command::Get)));
    fault(get(&format!("A: {}", "x".repeat(300))), Fault::HeadTooLong);
    refused(&get("Exclusive: maybe"), Refusal::Exclusive);
    refused(&get("Exclusive:"), Refusal::Exclusive);
    check(get("EXCLUSIVE:\t AcQuIrE \t"), Ok(Meaning::Command(Command::Acquire)));
    check("GET x HTTP/1.1\nExclusive: acquire\n\n", Ok(Meaning::Command(Command::Acquire)));
}

#[test]
fn head_of_exactly_the_limit() {
    let head = |bytes: usize| format!("GET x HTTP/1.1\r\nA:{}\r\n\r\n", "x".repeat(bytes - 22));
    check(head(256), Ok(Meaning::Command(Command::Get)));
    fault(head(257), Fault::HeadTooLong);
    assert_eq!(Decoder::default().head(&[b'x'; 255], &LIMITS), Ok(None));
    assert_eq!(Decoder::default().head(&[b'x'; 256], &LIMITS), Err(Fault::HeadTooLong));
}

/// A peer that trickles bytes must cost linear work: what was searched is not searched again, so a
/// line end that turns up there later goes unseen.
#[test]
fn no_byte_is_searched_twice() {
    let mut decoder = Decoder::default();
    assert_eq!(decoder.head(b"GET x HTTP/1.1", &LIMITS), Ok(None));
    assert_eq!(decoder.head(b"GET\nx HTTP/1.1", &LIMITS), Ok(None));
    assert_eq!(Decoder::default().head(b"GET\nx HTTP/1.1", &LIMITS), Err(Fault::RequestLine));
}

#[test]
fn content_lengths() {
    let put = |value: &str| format!("PUT x HTTP/1.1\r\nContent-Length:{value}\r\n\r\n");
    for value in ["", "seven", "-1", "+7", "7 7", "0x7", "7,7", "2147483648", "99999999999999999999"] {
        fault(put(value), Fault::ContentLength);
    }
    fault(put("7\r\nContent-Length:8"), Fault::ContentLengthTwice);
    fault(put("1001"), Fault::BodyTooLong);
    fault(put("2147483647"), Fault::BodyTooLong);
    fault("PUT x HTTP/1.1\r\n\r\n", Fault::ContentLengthMissing);
    fault("GET x HTTP/1.1\r\nContent-Length: x\r\n\r\n", Fault::ContentLength);
    refused(&put("0"), Refusal::EmptyBody);
    let head =
        Decoder::default().head(b"GET x HTTP/1.1\r\nContent-Length: 184\r\n\r\n", &LIMITS).unwrap().unwrap();
    assert_eq!((head.body_bytes, head.head_bytes), (184, 39));
    let twice = put("7\r\nContent-Length: 7");
    assert_eq!(Decoder::default().head(twice.as_bytes(), &LIMITS).unwrap().unwrap().body_bytes, 7);
}

#[test]
fn numbers() {
    let put = |lines: &str| format!("PUT x HTTP/1.1\r\nContent-Length: 7\r\n{lines}\r\n\r\n");
    for value in ["", "abc", "-5", "525601", "4294967296", "20.5"] {
        refused(&put(&format!("Timeout: {value}")), Refusal::Timeout);
    }
    for value in ["", "x", "2147483648"] {
        refused(&put(&format!("ExtraFlags: {value}")), Refusal::ExtraFlags);
    }
    refused(&put("ExtraFlags: x\r\nTimeout: x"), Refusal::Timeout);
    let cookie_of = |lines: &str| {
        let head = format!("DELETE x HTTP/1.1\r\n{lines}\r\n\r\n");
        match Decoder::default().head(head.as_bytes(), &LIMITS).unwrap().unwrap().meaning {
            Meaning::Command(Command::Remove { cookie }) => cookie,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(cookie_of("A: b"), CookieField::Missing);
    assert_eq!(cookie_of("LockCookie:0"), CookieField::Value(0));
    assert_eq!(cookie_of("lock-cookie: 2147483647"), CookieField::Value(i32::MAX));
    for value in ["", "-1", "2147483648", "zz"] {
        assert_eq!(cookie_of(&format!("LockCookie: {value}")), CookieField::Bad, "{value}");
    }
    let flags = |value: &str| {
        let head = put(&format!("ExtraFlags: {value}"));
        match Decoder::default().head(head.as_bytes(), &LIMITS).unwrap().unwrap().meaning {
            Meaning::Command(Command::Set { uninitialised, .. }) => uninitialised,
            other => panic!("{other:?}"),
        }
    };
    assert!(!flags("0") && flags("1") && !flags("2") && flags("3") && flags("-1"));
}

#[test]
fn every_word_is_its_own() {
    let faults = [
        Fault::HeadTooLong,
        Fault::ControlByte,
        Fault::RequestLine,
        Fault::StatusLine,
        Fault::TargetTooLong,
        Fault::HeaderLine,
        Fault::TooManyHeaders,
        Fault::ContentLength,
        Fault::ContentLengthMissing,
        Fault::ContentLengthTwice,
        Fault::TransferEncoding,
        Fault::BodyTooLong,
        Fault::AnswerValue,
    ];
    let refusals =
        [Refusal::Method, Refusal::Exclusive, Refusal::Timeout, Refusal::ExtraFlags, Refusal::EmptyBody];
    let words = faults.map(Fault::word).into_iter().chain(refusals.map(Refusal::word));
    let distinct: std::collections::BTreeSet<_> = words.collect();
    assert_eq!(distinct.len(), faults.len() + refusals.len());
}

/// Lines that spoil the head of a PUT wherever they stand in it, each with the fault that it earns.
const SPOILERS: &[(&str, Fault)] = &[
    ("no colon", Fault::HeaderLine),
    (": nameless", Fault::HeaderLine),
    (" folded: x", Fault::HeaderLine),
    ("A: \0", Fault::ControlByte),
    ("Transfer-Encoding: chunked", Fault::TransferEncoding),
    ("Content-Length: 8", Fault::ContentLengthTwice),
    ("Content-Length: -7", Fault::ContentLength),
];

proptest! {
    /// However a valid head is spoiled, cut into pieces and followed by more, the fault is the same.
    #[test]
    fn variants_are_told_apart_wherever_they_stand(
        (line, expected) in proptest::sample::select(SPOILERS),
        at in 1..6_usize,
        cuts in proptest::collection::vec(1..40_usize, 1..20),
        behind in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut lines = vec!["PUT x HTTP/1.1", "Content-Length:7", "Host: localhost", "Timeout:20", "LockCookie:0"];
        lines.insert(at, line);
        let mut bytes = (lines.join("\r\n") + "\r\n\r\n").into_bytes();
        bytes.extend_from_slice(&behind);
        let mut decoder = Decoder::default();
        let mut seen = 0;
        let limits = Limits::default();
        let verdict = cuts.iter().cycle().find_map(|cut| {
            seen = bytes.len().min(seen + cut);
            decoder.head(&bytes[..seen], &limits).transpose()
        });
        prop_assert_eq!(verdict, Some(Err(expected)));
    }
}
