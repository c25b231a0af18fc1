//! Answers, from outcomes to bytes (server side).
//!
//! Byte for byte what the real server sends: the client's parser was never published, so this
//! spelling, this order and one blank behind each colon are all that is known to work.

use cloakroom_session::{Outcome, Timeout};

use super::AnswerStyle;

/// Appends the head that answers `outcome`.
///
/// `body_bytes` is the length of the session's content, which goes behind the head of a
/// [`Outcome::Found`] or [`Outcome::Acquired`]; no other answer has a body. `lock_date` turns the age
/// of a lock in milliseconds into its [`super::lock_date`] and is asked only for a lock.
pub fn answer_head(
    out: &mut Vec<u8>,
    style: &AnswerStyle,
    outcome: &Outcome,
    body_bytes: usize,
    lock_date: impl FnOnce(u64) -> i64,
) {
    match *outcome {
        Outcome::Found { initialise, timeout } => {
            begin(out, &style.ok, initialise);
            item(out, timeout, body_bytes);
        }
        Outcome::Acquired { initialise, timeout, cookie } => {
            begin(out, &style.ok, initialise);
            number(out, b"LockCookie: ", cookie);
            item(out, timeout, body_bytes);
        }
        Outcome::Released { initialise } => bare(out, &style.ok, initialise),
        Outcome::Stored | Outcome::Removed | Outcome::Touched => bare(out, &style.ok, false),
        Outcome::Absent => bare(out, &style.not_found, false),
        Outcome::Refused { initialise } => bare(out, &style.bad_request, initialise),
        Outcome::Locked { cookie, age_millis } => {
            begin(out, &style.locked, false);
            number(out, b"LockDate: ", lock_date(age_millis));
            number(out, b"LockAge: ", age_millis / 1000);
            number(out, b"LockCookie: ", cookie);
            out.extend_from_slice(NO_BODY);
        }
    }
}

/// Appends the answer to a [`super::Fault`] or a [`super::Refusal`].
pub fn bad_request(out: &mut Vec<u8>, style: &AnswerStyle) {
    bare(out, &style.bad_request, false);
}

const NO_BODY: &[u8] = b"Cache-Control: private\r\nContent-Length: 0\r\n\r\n";

fn begin(out: &mut Vec<u8>, start: &[u8], initialise: bool) {
    out.extend_from_slice(start);
    if initialise {
        out.extend_from_slice(b"ActionFlags: 1\r\n");
    }
}

fn bare(out: &mut Vec<u8>, start: &[u8], initialise: bool) {
    begin(out, start, initialise);
    out.extend_from_slice(NO_BODY);
}

fn item(out: &mut Vec<u8>, timeout: Timeout, body_bytes: usize) {
    number(out, b"Timeout: ", timeout.minutes());
    number(out, b"Cache-Control: private\r\nContent-Length: ", body_bytes);
    out.extend_from_slice(b"\r\n");
}

fn number(out: &mut Vec<u8>, name: &[u8], value: impl itoa::Integer) {
    out.extend_from_slice(name);
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    out.extend_from_slice(b"\r\n");
}
