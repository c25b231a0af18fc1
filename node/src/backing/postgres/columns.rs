//! A session as columns, and columns as a session.
//!
//! The server turns ages and remaining times into moments of its own clock and gives back moments of that clock only,
//! so clocks of two machines never meet.

use std::time::{Duration, SystemTime};

use cloakroom_session::Timeout;
use tokio_postgres::Row;

use super::fault;
use crate::backing::{Fault, FaultKind, Kept, Mark, Value, tombstone_left};
use crate::store::{self, Backed, Parcel, Stored};

/// Longer than any session lives, and far from where the server's calendar ends.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// What is written of a session, in the types of the columns. A tombstone has no body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns<'a> {
    /// Whole minutes.
    pub timeout: i32,
    pub uninitialised: bool,
    pub cookie: i32,
    /// Microseconds.
    pub lock_age: Option<i64>,
    /// Microseconds.
    pub remaining: i64,
    pub body: Option<&'a [u8]>,
}

impl<'a> Columns<'a> {
    pub(super) fn of_row(row: &'a store::Row) -> Self {
        Self {
            timeout: row.timeout.minutes().cast_signed(),
            uninitialised: row.uninitialised,
            cookie: row.cookie,
            lock_age: row.locked.map(microseconds),
            remaining: microseconds(row.remaining),
            body: Some(row.content.body()),
        }
    }

    /// What is remembered of a removed session for `remaining`.
    pub(super) fn of_tombstone(remaining: Duration) -> Self {
        let remaining = microseconds(remaining);
        Self { timeout: 0, uninitialised: false, cookie: 0, lock_age: None, remaining, body: None }
    }

    pub(super) fn of_parcel(parcel: &'a Parcel) -> Self {
        match parcel {
            Parcel::Row(row) => Self::of_row(row),
            Parcel::Tombstone { age, .. } => Self::of_tombstone(tombstone_left(*age)),
        }
    }
}

/// Reads what `statements` calls found, in columns that begin at `first`. `stored` is the epoch that was there before.
pub(super) fn kept(key: &[u8], row: &Row, first: usize, stored: Option<u64>) -> Result<Kept, Fault> {
    let mark = mark(row, first)?;
    let stored = stored.unwrap_or(mark.epoch);
    let value = match get::<Option<&[u8]>>(row, first + 8)? {
        None => Value::Tombstone,
        Some(body) => {
            let content = Stored::new(key, body);
            let backed = Backed::Recovered { stored };
            Value::Row(session(content, mark.epoch, backed, row, first)?)
        }
    };
    Ok(Kept { mark, stored, value })
}

/// Reads epoch and version from two columns that begin at `first`.
pub(super) fn mark(row: &Row, first: usize) -> Result<Mark, Fault> {
    Ok(Mark {
        epoch: get::<i64>(row, first)?.cast_unsigned(),
        version: get::<i64>(row, first + 1)?.cast_unsigned(),
    })
}

fn session(
    content: Stored,
    epoch: u64,
    backed: Backed,
    row: &Row,
    first: usize,
) -> Result<store::Row, Fault> {
    let minutes: i32 = get(row, first + 2)?;
    let timeout = u32::try_from(minutes).ok().and_then(|minutes| Timeout::from_minutes(minutes).ok());
    let now: SystemTime = get(row, first + 5)?;
    let locked_since: Option<SystemTime> = get(row, first + 6)?;
    let expires: SystemTime = get(row, first + 7)?;
    // The server's clock may have been set back since.
    let age = |since| now.duration_since(since).unwrap_or_default();
    Ok(store::Row {
        content,
        epoch,
        timeout: timeout
            .ok_or_else(|| Fault::new(FaultKind::Refused, format_args!("a timeout of {minutes} minutes")))?,
        uninitialised: get(row, first + 3)?,
        cookie: get(row, first + 4)?,
        locked: locked_since.map(age),
        remaining: expires.duration_since(now).unwrap_or_default(),
        backed,
    })
}

fn get<'a, T: tokio_postgres::types::FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, Fault> {
    row.try_get(column).map_err(|error| fault::answered(&error))
}

fn microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.min(LONGEST).as_micros()).expect("a hundred years of microseconds are 52 bits")
}
