//! Records of tower-sessions as bytes, and their dates as timeouts.

use std::collections::HashMap;

use cloakroom_session::Timeout;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use tower_sessions_core::{
    session::{Id, Record},
    session_store::{Error, Result},
};

/// What is stored. The id is in the key.
#[derive(Serialize, Deserialize)]
struct Stored<D> {
    /// Seconds since 1970.
    expires: i64,
    data: D,
}

/// The bytes of a record.
///
/// # Errors
/// [`Error::Encode`]: its data are no JSON.
pub(super) fn encode(record: &Record) -> Result<Vec<u8>> {
    let stored = Stored { expires: expires(record), data: &record.data };
    serde_json::to_vec(&stored).map_err(|error| Error::Encode(error.to_string()))
}

/// The record of session `id`; `None` if it has expired at `now` (seconds since 1970).
///
/// # Errors
/// [`Error::Decode`], without anything of the content.
pub(super) fn decode(id: Id, bytes: &[u8], now: u64) -> Result<Option<Record>> {
    let wrong = |what: String| Error::Decode(format!("what is stored is no session of this store: {what}"));
    let stored: Stored<HashMap<String, Value>> = serde_json::from_slice(bytes).map_err(|error| {
        wrong(format!(
            "{:?} error of its JSON in line {}, column {}",
            error.classify(),
            error.line(),
            error.column()
        ))
    })?;
    let expiry_date = OffsetDateTime::from_unix_timestamp(stored.expires)
        .map_err(|_| wrong("its date is out of range".to_owned()))?;
    let active = u64::try_from(stored.expires).is_ok_and(|expires| expires > now);
    Ok(active.then_some(Record { id, data: stored.data, expiry_date }))
}

/// How long nodes keep the session after its last use: until its date, seen from `now` (seconds since 1970). Nodes
/// count in minutes and from each access, so it may stay longer there than it is shown here, and never shorter.
pub(super) fn timeout(record: &Record, now: u64) -> Timeout {
    let seconds = u64::try_from(expires(record)).unwrap_or_default().saturating_sub(now);
    let minutes = seconds.div_ceil(60).clamp(1, Timeout::MAX.minutes().into());
    u32::try_from(minutes)
        .ok()
        .and_then(|minutes| Timeout::from_minutes(minutes).ok())
        .unwrap_or(Timeout::MAX)
}

/// The second from which on a session is over: rounded up, so that none ends early.
fn expires(record: &Record) -> i64 {
    let part_of_a_second = i64::from(record.expiry_date.nanosecond() > 0);
    record.expiry_date.unix_timestamp().saturating_add(part_of_a_second)
}

#[cfg(test)]
mod tests {
    //! What is stored, what is read again, and for how long.

    use cloakroom_session::Timeout;
    use proptest::prelude::*;
    use serde_json::json;
    use time::{Duration, OffsetDateTime};
    use tower_sessions_core::session::{Id, Record};

    use super::{decode, encode, timeout};

    const NOW: u64 = 1_790_000_000;
    const ID: Id = Id(-3);

    fn record(expires: OffsetDateTime) -> Record {
        let data = [("cart".to_owned(), json!({ "7": 2 }))].into();
        Record { id: ID, data, expiry_date: expires }
    }

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(NOW.cast_signed() + seconds).unwrap()
    }

    #[test]
    fn the_form_is_frozen() {
        let bytes = encode(&record(at(60))).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), r#"{"expires":1790000060,"data":{"cart":{"7":2}}}"#);
    }

    #[test]
    fn a_session_ends_on_its_date_and_not_before() {
        let bytes = encode(&record(at(60) - Duration::nanoseconds(1))).unwrap();
        assert_eq!(decode(ID, &bytes, NOW + 59).unwrap(), Some(record(at(60))));
        assert_eq!(decode(ID, &bytes, NOW + 60).unwrap(), None);
        assert_eq!(decode(ID, br#"{"expires":-1,"data":{}}"#, 0).unwrap(), None);
    }

    #[test]
    fn what_is_no_record_is_refused_without_showing_it() {
        for secret in [
            &b"\x14\x00\x00\x00secret"[..],
            br#""secret""#,
            br#"{"expires":"secret","data":{}}"#,
            br#"{"expires":1,"data":"secret"}"#,
            br#"{"expires":9223372036854775807,"data":{"secret":1}}"#,
            b"",
        ] {
            let error = decode(ID, secret, NOW).unwrap_err().to_string();
            assert!(error.contains("no session of this store") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn timeouts_are_whole_minutes_and_long_enough() {
        for (left, minutes) in [
            (-1_000_000, 1),
            (0, 1),
            (59, 1),
            (60, 1),
            (61, 2),
            (20 * 60, 20),
            (364 * 86_400, 364 * 1440),
            (400 * 86_400, Timeout::MAX.minutes()),
        ] {
            assert_eq!(timeout(&record(at(left)), NOW).minutes(), minutes, "{left} s left");
        }
    }

    proptest! {
        #[test]
        fn what_was_stored_is_read_again(expires in 1_i64..=200_000_000_000, keys in prop::collection::hash_map(".*", any::<i64>(), 0..5)) {
            let data = keys.into_iter().map(|(key, value)| (key, json!([value, "é\u{0}"]))).collect();
            let expiry_date = OffsetDateTime::from_unix_timestamp(expires).unwrap();
            let record = Record { id: ID, data, expiry_date };
            prop_assert_eq!(decode(ID, &encode(&record).unwrap(), 0).unwrap(), Some(record));
        }

        #[test]
        fn nothing_panics(bytes: Vec<u8>) {
            prop_assert!(!matches!(decode(ID, &bytes, NOW), Ok(Some(_))));
        }
    }
}
