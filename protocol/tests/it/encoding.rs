//! The server's answers, read back by the client.

use cloakroom_protocol::aspnet::{
    AnswerDecoder, AnswerError, AnswerStyle, Limits, Lock, Reader, Reading, Request, Unwritten, answer_head,
};
use cloakroom_session::{Outcome, Timeout};
use proptest::prelude::*;

fn read(
    outcome: &Outcome,
    style: &AnswerStyle,
    request: &Request<'_>,
    body_bytes: usize,
) -> Result<Reading, AnswerError> {
    let mut bytes = Vec::new();
    answer_head(&mut bytes, style, outcome, body_bytes, |_| 1);
    let head = AnswerDecoder::default().head(&bytes, &Limits::default()).unwrap().unwrap();
    assert_eq!(head.head_bytes, bytes.len());
    Reader::default().read(request, &head, || panic!("the age was told"))
}

proptest! {
    #[test]
    fn of_reads_comes_back(
        (initialise, http, minutes) in (any::<bool>(), any::<bool>(), 0..=525_600_u32),
        (cookie, body_bytes, age_millis) in (0..=i32::MAX, 1..=1_usize << 26, 0..31_536_000_000_u64),
    ) {
        let style = AnswerStyle::new("4.0.30319", http).unwrap();
        let timeout = Timeout::from_minutes(minutes).unwrap();
        let found = read(&Outcome::Found { initialise, timeout }, &style, &Request::Get, body_bytes);
        prop_assert_eq!(found, Ok(Reading::Item { initialise, cookie: None }));
        let acquired = read(&Outcome::Acquired { initialise, timeout, cookie }, &style, &Request::Acquire, body_bytes);
        prop_assert_eq!(acquired, Ok(Reading::Item { initialise, cookie: Some(cookie) }));
        let lock = Lock { cookie, age_seconds: age_millis / 1000 };
        let locked = Outcome::Locked { cookie, age_millis };
        prop_assert_eq!(read(&locked, &style, &Request::Acquire, 0), Ok(Reading::Locked(lock)));
        let missed = read(&locked, &style, &Request::Remove { cookie }, 0);
        prop_assert_eq!(missed, Ok(Reading::Ignored(Unwritten::Locked(lock))));
    }
}

#[test]
fn of_writes_comes_back() {
    let check = |outcome, expected| {
        assert_eq!(read(&outcome, &AnswerStyle::default(), &Request::Touch, 0), expected, "{outcome:?}");
    };
    check(Outcome::Stored, Ok(Reading::Done));
    check(Outcome::Removed, Ok(Reading::Done));
    check(Outcome::Touched, Ok(Reading::Done));
    check(Outcome::Released { initialise: true }, Ok(Reading::Done));
    check(Outcome::Absent, Ok(Reading::Ignored(Unwritten::NotFound)));
    check(Outcome::Refused { initialise: true }, Err(AnswerError::BadRequest));
}

#[test]
fn has_the_chosen_style() {
    let check = |version, http, expected: &str| {
        let mut out = Vec::new();
        answer_head(&mut out, &AnswerStyle::new(version, http).unwrap(), &Outcome::Touched, 0, |_| 0);
        let expected = format!("{expected}\r\nCache-Control: private\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    };
    check("4.0.30319", false, "200 OK\r\nX-AspNet-Version: 4.0.30319");
    check("2.0.50727", true, "HTTP/1.1 200 OK\r\nX-AspNet-Version: 2.0.50727");
    for version in ["", "4.0\r\nX: y", "1.1.4322", "v4", ".4"] {
        assert!(AnswerStyle::new(version, false).is_err(), "{version:?}");
    }
}
