//! What stands in the engine: the header of a session as text, and back.
//!
//! `0000000000000000007` `0000000000000000042` ` ` `00c0ffee00c0ffee` ` 20 0 -193 1700000000000`: epoch and version in 19
//! digits each, the attempt that wrote it in 16 hexadecimal digits (zeros if none), then the configured minutes, 1 if
//! it was created without content and not read yet, the lock's cookie, and the engine's milliseconds at which it was
//! locked, if it is. A removed session has the word `removed` in place of all these.

use std::fmt::Display;
use std::time::Duration;

use cloakroom_session::Timeout;
use redis::Value;

use crate::backing::{self, Change, Fault, FaultKind, Kept, Mark, Swapped, tombstone_left};
use crate::store::{Backed, Parcel, Row, Stored};

const REMOVED: &str = "removed";
const NUMBER: usize = 19;
const MARK: usize = 2 * NUMBER;
/// Mark, space, attempt, space.
const HEAD: usize = MARK + 1 + 16 + 1;
/// The engine counts in floating point, exactly up to here; no age comes near.
const MILLIS_MAX: u128 = 1 << 53;

/// How much a change writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Header and body.
    Whole,
    /// The header.
    Header,
    /// The header, and no body any more.
    End,
}

/// What a script writes beside the mark, as words for it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written<'a> {
    /// How much.
    pub(super) what: What,
    state: String,
    lock_age: String,
    lifetime: String,
    body: Option<&'a [u8]>,
}

impl<'a> Written<'a> {
    /// What a swap writes.
    pub(super) fn of(change: Change<'a>) -> Self {
        match change {
            Change::Whole(row) => Self::row(row),
            Change::WithoutBody(row) => Self { what: What::Header, body: None, ..Self::row(row) },
            Change::Tombstone => Self::end(),
        }
    }

    /// What stores a parcel.
    pub(super) fn parcel(parcel: &'a Parcel) -> Self {
        match parcel {
            Parcel::Row(row) => Self::row(row),
            Parcel::Tombstone { age, .. } => Self::tombstone(*age),
        }
    }

    /// What says that a session was removed just now.
    pub(super) fn end() -> Self {
        Self::tombstone(Duration::ZERO)
    }

    fn row(row: &'a Row) -> Self {
        let (minutes, uninitialised) = (row.timeout.minutes(), u8::from(row.uninitialised));
        Self {
            what: What::Whole,
            state: format!("{minutes} {uninitialised} {}", row.cookie),
            lock_age: row.locked.map(millis).unwrap_or_default(),
            lifetime: millis(row.remaining),
            body: Some(row.content.body()),
        }
    }

    fn tombstone(age: Duration) -> Self {
        let lifetime = tombstone_left(age);
        Self {
            what: What::End,
            state: REMOVED.to_owned(),
            lock_age: String::new(),
            lifetime: millis(lifetime),
            body: None,
        }
    }

    /// The script's words, after what it compares and the head of the new header.
    pub(super) fn words<'w>(&'w self, compared: &'w [u8], head: &'w [u8]) -> Vec<&'w [u8]> {
        let texts = [&self.state, &self.lock_age, &self.lifetime].map(|text| text.as_bytes());
        [compared, head].into_iter().chain(texts).chain(self.body).collect()
    }
}

/// An epoch or a version as it is compared.
pub(super) fn number(number: u64) -> String {
    format!("{number:0NUMBER$}")
}

/// A mark as it is compared.
pub(super) fn mark(mark: Mark) -> String {
    number(mark.epoch) + &number(mark.version)
}

/// What a header begins with.
pub(super) fn head(new: Mark, attempt: u64) -> String {
    format!("{} {attempt:016x}", mark(new))
}

/// The answer of a script that gives what is stored.
pub(super) fn kept(key: &[u8], answer: Value) -> Result<Option<Kept>, Fault> {
    let Value::Array(words) = answer else {
        return if answer == Value::Nil { Ok(None) } else { Err(foreign("no list")) };
    };
    let [Value::BulkString(stored), Value::BulkString(header), body, Value::Int(left), Value::Int(now)] =
        words.as_slice()
    else {
        return Err(foreign("another list"));
    };
    let body = if let Value::BulkString(body) = body { body.as_slice() } else { &[] };
    let read = || {
        let (mark, state) = (text(header, ..MARK)?, text(header, HEAD..)?);
        let mark = parse_mark(mark)?;
        let stored = text(stored, ..)?.parse().ok()?;
        if state == REMOVED {
            return Some(Kept { mark, stored, value: backing::Value::Tombstone });
        }
        // Whoever takes the expiry from a key means it to be kept, and it would stay for ever.
        let remaining = Duration::from_millis(u64::try_from(*left).ok()?);
        let row = row(Stored::new(key, body), mark.epoch, stored, state, remaining, *now)?;
        Some(Kept { mark, stored, value: backing::Value::Row(row) })
    };
    read().map(Some).ok_or_else(|| foreign("another header, or no expiry"))
}

/// The answer of a script that swaps.
pub(super) fn swapped(answer: &Value) -> Result<Swapped, Fault> {
    match answer {
        Value::Int(1) => Ok(Swapped::Done),
        Value::Int(0) => Ok(Swapped::Changed),
        _ => Err(foreign("neither 0 nor 1")),
    }
}

/// The answer of a script that puts.
pub(super) fn stored(answer: &Value) -> Result<backing::Stored, Fault> {
    match answer {
        Value::Int(1) => Ok(backing::Stored::Stored),
        Value::BulkString(there) => {
            let mark = text(there, ..).and_then(parse_mark).ok_or_else(|| foreign("no mark"))?;
            Ok(backing::Stored::Refused(mark))
        }
        _ => Err(foreign("neither 1 nor a mark")),
    }
}

fn row(content: Stored, epoch: u64, stored: u64, state: &str, remaining: Duration, now: i64) -> Option<Row> {
    let mut words = state.split(' ');
    let timeout = Timeout::from_minutes(words.next()?.parse().ok()?).ok()?;
    let uninitialised = match words.next()? {
        "0" => false,
        "1" => true,
        _ => return None,
    };
    let cookie = words.next()?.parse().ok()?;
    let locked = match words.next() {
        // The engine's clock may have been set back.
        Some(since) => {
            Some(Duration::from_millis(now.saturating_sub(since.parse().ok()?).max(0).unsigned_abs()))
        }
        None => None,
    };
    let backed = Backed::Recovered { stored };
    let row = Row { content, epoch, timeout, uninitialised, cookie, locked, remaining, backed };
    words.next().is_none().then_some(row)
}

fn parse_mark(digits: &str) -> Option<Mark> {
    let (epoch, version) = digits.split_at_checked(NUMBER)?;
    Some(Mark { epoch: epoch.parse().ok()?, version: version.parse().ok()? })
}

fn text(bytes: &[u8], range: impl std::slice::SliceIndex<[u8], Output = [u8]>) -> Option<&str> {
    std::str::from_utf8(bytes.get(range)?).ok()
}

/// At least one: the engine takes 0 for the order to drop the key.
fn millis(duration: Duration) -> String {
    duration.as_millis().clamp(1, MILLIS_MAX).to_string()
}

fn foreign(found: impl Display) -> Fault {
    Fault::new(FaultKind::Refused, format!("something else was written under the session's key: {found}"))
}

#[cfg(test)]
mod tests {
    //! Headers and answers, both directions.

    use std::time::Duration;

    use cloakroom_session::Timeout;
    use redis::Value as Answer;

    use super::{Written, head, kept, mark, stored, swapped};
    use crate::backing::{self, Change, FaultKind, Kept, Mark, Stored as Put, Swapped};
    use crate::store::{Backed, Row, Stored};

    fn row(locked: Option<Duration>) -> Row {
        Row {
            content: Stored::new(b"key", b"body"),
            epoch: 7,
            timeout: Timeout::DEFAULT,
            uninitialised: true,
            cookie: -193,
            locked,
            remaining: Duration::from_millis(1500),
            backed: Backed::Recovered { stored: 6 },
        }
    }

    fn bytes(text: &str) -> Answer {
        Answer::BulkString(text.as_bytes().to_vec())
    }

    fn given(header: &str, left: i64) -> Answer {
        let stored = bytes("0000000000000000006");
        Answer::Array(vec![stored, bytes(header), bytes("body"), Answer::Int(left), Answer::Int(5000)])
    }

    const MARK: &str = "00000000000000000070000000000000000042";

    #[track_caller]
    fn check_words(change: Change<'_>, words: &[&str]) {
        let words: Vec<_> = words.iter().map(|word| word.as_bytes()).collect();
        assert_eq!(Written::of(change).words(b"compared", b"head"), words);
    }

    #[test]
    fn what_a_script_is_given() {
        let (free, locked) = (row(None), row(Some(Duration::from_millis(250))));
        check_words(Change::Whole(&free), &["compared", "head", "20 1 -193", "", "1500", "body"]);
        check_words(Change::WithoutBody(&locked), &["compared", "head", "20 1 -193", "250", "1500"]);
        check_words(Change::Tombstone, &["compared", "head", "removed", "", "600000"]);
        let gone = Row { remaining: Duration::ZERO, ..row(Some(Duration::ZERO)) };
        check_words(Change::WithoutBody(&gone), &["compared", "head", "20 1 -193", "1", "1"]);
        assert_eq!(head(Mark { epoch: 7, version: 42 }, 0xC0FFEE), format!("{MARK} 0000000000c0ffee"));
        assert_eq!(mark(Mark { epoch: Mark::MAX, version: 0 }), "92233720368547758070000000000000000000");
    }

    #[test]
    fn what_a_script_gives_back() {
        let at = Mark { epoch: 7, version: 42 };
        let row = |locked| Kept { mark: at, stored: 6, value: backing::Value::Row(row(locked)) };
        let gone = Kept { mark: at, stored: 6, value: backing::Value::Tombstone };
        for (state, value) in [
            ("20 1 -193", row(None)),
            ("20 1 -193 4750", row(Some(Duration::from_millis(250)))),
            ("20 1 -193 6000", row(Some(Duration::ZERO))),
            ("removed", gone),
        ] {
            let header = format!("{MARK} 0000000000c0ffee {state}");
            assert_eq!(kept(b"key", given(&header, 1500)), Ok(Some(value)), "{state}");
        }
        assert_eq!(kept(b"key", Answer::Nil), Ok(None));
        assert_eq!(swapped(&Answer::Int(0)), Ok(Swapped::Changed));
        assert_eq!(swapped(&Answer::Int(1)), Ok(Swapped::Done));
        assert_eq!(stored(&Answer::Int(1)), Ok(Put::Stored));
        assert_eq!(stored(&bytes(MARK)), Ok(Put::Refused(at)));
    }

    #[test]
    fn what_something_else_wrote_is_refused() {
        let header = |state: &str| format!("{MARK} 0000000000c0ffee {state}");
        for answer in [
            given("", 1500),
            given("hello", 1500),
            given(&header("20 1"), 1500),
            given(&header("20 2 -193"), 1500),
            given(&header("999999 1 -193"), 1500),
            given(&header("20 1 -193 4750 more"), 1500),
            given(&header("20 1 -193"), -1),
            given(&format!("x{}", header("20 1 -193")), 1500),
            Answer::Okay,
            Answer::Array(vec![]),
        ] {
            assert_eq!(kept(b"key", answer.clone()).unwrap_err().kind, FaultKind::Refused, "{answer:?}");
        }
        swapped(&Answer::Nil).unwrap_err();
        stored(&bytes("hello")).unwrap_err();
    }
}
