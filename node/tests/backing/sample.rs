//! Sessions to store.

use std::time::Duration;

use cloakroom_node::backing::{Flush, Mark};
use cloakroom_node::store::{Backed, Parcel, Row, Stored};
use cloakroom_session::Timeout;

/// Longer than any test.
pub(crate) const LONG: Duration = Duration::from_secs(1200);

pub(crate) fn mark(epoch: u64, version: u64) -> Mark {
    Mark { epoch, version }
}

/// An unlocked session with this body.
pub(crate) fn row(key: &[u8], body: &[u8]) -> Row {
    Row {
        content: Stored::new(key, body),
        epoch: 0,
        timeout: Timeout::DEFAULT,
        uninitialised: false,
        cookie: 0,
        locked: None,
        remaining: LONG,
        backed: Backed::default(),
    }
}

pub(crate) fn flush(mark: Mark, row: Row) -> Flush {
    Flush { mark, parcel: Parcel::Row(row) }
}

pub(crate) fn end(mark: Mark, key: &[u8], age: Duration) -> Flush {
    Flush { mark, parcel: Parcel::Tombstone { key: Stored::new(key, b""), epoch: 0, age } }
}
