//! What a client makes of answers: the readings of the real one.

use cloakroom_protocol::aspnet::{
    AnswerDecoder, AnswerError, Fault, Limits, Lock, Reader, Reading, Request, Unwritten, lock_date,
};
use cloakroom_session::Timeout;

const ACQUIRE: Request<'static> = Request::Acquire;
const SET: Request<'static> =
    Request::Set { timeout: Timeout::DEFAULT, uninitialised: false, cookie: 2, body: b"x" };

/// Ten seconds and a half after the lock date of the table.
const NOW: i64 = 638_400_000_105_000_000;

fn read(reader: &mut Reader, request: &Request<'_>, answer: &str) -> Result<Reading, AnswerError> {
    let bytes = answer.replace('\n', "\r\n").into_bytes();
    let head = AnswerDecoder::default().head(&bytes, &Limits::default()).unwrap().unwrap();
    reader.read(request, &head, || NOW)
}

fn check(request: &Request<'_>, answer: &str, expected: Result<Reading, AnswerError>) {
    assert_eq!(read(&mut Reader::default(), request, answer), expected, "{answer}");
}

const ABSENT: &str =
    "404 Not Found\nX-AspNet-Version: 4.0.30319\nCache-Control: private\nContent-Length: 0\n\n";
const OLD: &str = "404 Not Found\nX-AspNet-Version: 1.1.4322\nContent-Length: 0\n\n";

fn locked(age: &str) -> String {
    format!(
        "423 Locked\nX-AspNet-Version: 4.0.30319\nLockDate: 638400000000000000\n{age}LockCookie: 9\n\
         Cache-Control: private\nContent-Length: 0\n\n"
    )
}

fn lock(age_seconds: u64) -> Result<Reading, AnswerError> {
    Ok(Reading::Locked(Lock { cookie: 9, age_seconds }))
}

#[test]
fn with_an_item() {
    let item = |initialise, cookie| Ok(Reading::Item { initialise, cookie: Some(cookie) });
    let start = "200 OK\nX-AspNet-Version: 4.0.30319\n";
    let rest = "LockCookie: 2\nTimeout: 20\nCache-Control: private\nContent-Length: 7\n\n";
    // C01 to C03: captured form, form of the specification's examples, first reader.
    check(&ACQUIRE, &format!("{start}{rest}"), item(false, 2));
    let printed =
        "HTTP/1.1 200 OK\nContent-Length: 7\nX-AspNet-Version: 2.0.50727\nTimeout: 20\nLockCookie: 19\n\n";
    check(&ACQUIRE, printed, item(false, 19));
    check(&ACQUIRE, &format!("{start}ActionFlags: 1\n{rest}"), item(true, 2));
}

#[test]
fn without_a_session() {
    // C04, C09, C10.
    let empty =
        "200 OK\nX-AspNet-Version: 4.0.30319\nTimeout: 20\nCache-Control: private\nContent-Length: 0\n\n";
    check(&Request::Get, empty, Ok(Reading::NotFound));
    check(&ACQUIRE, ABSENT, Ok(Reading::NotFound));
    let internal = "500 Internal Server Error\nX-AspNet-Version: 4.0.30319\nContent-Length: 0\n\n";
    check(&ACQUIRE, internal, Ok(Reading::NotFound));
}

#[test]
fn that_meet_a_lock() {
    // C05 to C08.
    check(&ACQUIRE, &locked("LockAge: 5\n"), lock(5));
    check(&Request::Get, &locked("LockAge: 110\n"), lock(110));
    check(&ACQUIRE, &locked("LockAge: 31535999\n"), lock(31_535_999));
    check(&ACQUIRE, &locked("LockAge: 31536000\n"), lock(0));
    check(&ACQUIRE, &locked(""), lock(10));
    check(&ACQUIRE, &locked("LockAge: -1\n"), lock(10));
    check(&ACQUIRE, &locked("").replace("LockDate: 6384", "LockDate: 6385"), lock(0));
    check(&ACQUIRE, "423 Locked\nLockCookie: 9\nContent-Length: 0\n\n", lock(0));
}

#[test]
fn to_writes() {
    // C13, C14.
    let missed = Ok(Reading::Ignored(Unwritten::Locked(Lock { cookie: 9, age_seconds: 5 })));
    check(&SET, &locked("LockAge: 5\n"), missed);
    for request in [Request::Release { cookie: 2 }, Request::Remove { cookie: 2 }, Request::Touch] {
        check(&request, ABSENT, Ok(Reading::Ignored(Unwritten::NotFound)));
        check(&request, "200 OK\nContent-Length: 0\n\n", Ok(Reading::Done));
    }
}

#[test]
fn that_fail_the_page() {
    // C11, C12: the version is judged once, by the first answer that is no 400.
    let refused =
        "400 Bad Request\nX-AspNet-Version: 1.1.4322\nCache-Control: private\nContent-Length: 0\n\n";
    let mut reader = Reader::default();
    assert_eq!(read(&mut reader, &SET, refused), Err(AnswerError::BadRequest));
    assert_eq!(read(&mut reader, &ACQUIRE, OLD), Err(AnswerError::ServerTooOld));
    assert_eq!(read(&mut reader, &ACQUIRE, OLD), Ok(Reading::NotFound));
    let mut reader = Reader::default();
    assert_eq!(read(&mut reader, &ACQUIRE, ABSENT), Ok(Reading::NotFound));
    assert_eq!(read(&mut reader, &ACQUIRE, OLD), Ok(Reading::NotFound));
}

#[test]
fn that_are_none() {
    let check = |answer: &[u8], expected| {
        let limits = Limits { head_bytes: 100, headers: 2, body_bytes: 9, ..Limits::default() };
        assert_eq!(AnswerDecoder::default().head(answer, &limits), expected, "{}", answer.escape_ascii());
    };
    // C15: closed before the answer was complete.
    check(b"", Ok(None));
    check(b"200 OK\r\nContent-Length: 0\r\n", Ok(None));
    check(b"200\r\n", Err(Fault::StatusLine));
    check(b"20 OK\r\n", Err(Fault::StatusLine));
    check(b"099 OK\r\n", Err(Fault::StatusLine));
    check(b"+20 OK\r\n", Err(Fault::StatusLine));
    check(b"HTTP/1.1\r\n", Err(Fault::StatusLine));
    check(b"SSH-2.0-x\r\n", Err(Fault::StatusLine));
    check(b"200 OK\r\n\r\n", Err(Fault::ContentLengthMissing));
    check(b"200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", Err(Fault::ContentLengthTwice));
    check(b"200 OK\r\nContent-Length: 10\r\n\r\n", Err(Fault::BodyTooLong));
    check(b"200 OK\r\ncontent-length: 1\r\n\r\n", Err(Fault::ContentLengthMissing));
    check(b"200 OK\r\nLockCookie: x\r\n\r\n", Err(Fault::AnswerValue));
    check(b"200 OK\r\nA: 1\r\nB: 2\r\nC: 3\r\n", Err(Fault::TooManyHeaders));
    check(&[b'x'; 100], Err(Fault::HeadTooLong));
}

#[test]
fn date_locks_in_local_ticks() {
    assert_eq!(lock_date(0, 0), 621_355_968_000_000_000);
    assert_eq!(lock_date(1_000, -3_600), 621_355_968_000_000_000 - 35_990_000_000);
}
