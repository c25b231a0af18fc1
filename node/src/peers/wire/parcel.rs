//! Rows and tombstones on the wire.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Fault;
use super::command::timeout;
use super::raw::{Sink, stored};
use crate::peers::limits::{PARCEL_HEAD_BYTES, PUSH_BYTES};
use crate::store::{Backed, Parcel, Row};

/// A row without its key and content.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct WireRow {
    key_bytes: u32,
    body_bytes: u32,
    epoch: u64,
    timeout_minutes: u32,
    uninitialised: bool,
    cookie: i32,
    locked: Option<Duration>,
    remaining: Duration,
    backed: WireBacked,
}

/// What the backing store knows of a row.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum WireBacked {
    Flushed,
    Unflushed,
    Recovered { stored: u64 },
}

/// What stands before the key and content of a parcel.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum WireParcel {
    Row(WireRow),
    Tombstone { key_bytes: u32, epoch: u64, age: Duration },
}

impl From<&Row> for WireRow {
    fn from(row: &Row) -> Self {
        Self {
            key_bytes: length(row.content.key()),
            body_bytes: length(row.content.body()),
            epoch: row.epoch,
            timeout_minutes: row.timeout.minutes(),
            uninitialised: row.uninitialised,
            cookie: row.cookie,
            locked: row.locked,
            remaining: row.remaining,
            backed: row.backed.into(),
        }
    }
}

impl From<Backed> for WireBacked {
    fn from(backed: Backed) -> Self {
        match backed {
            Backed::Flushed => Self::Flushed,
            Backed::Unflushed => Self::Unflushed,
            Backed::Recovered { stored } => Self::Recovered { stored },
        }
    }
}

impl From<WireBacked> for Backed {
    fn from(backed: WireBacked) -> Self {
        match backed {
            WireBacked::Flushed => Self::Flushed,
            WireBacked::Unflushed => Self::Unflushed,
            WireBacked::Recovered { stored } => Self::Recovered { stored },
        }
    }
}

impl WireRow {
    /// The row whose key and content begin `raw`, and what follows them.
    pub(super) fn with_content(self, raw: &[u8]) -> Result<(Row, &[u8]), Fault> {
        let bytes = self.key_bytes as usize + self.body_bytes as usize;
        let (content, rest) = raw.split_at_checked(bytes).ok_or(Fault::Parcels)?;
        let row = Row {
            content: stored(self.key_bytes, content)?,
            epoch: self.epoch,
            timeout: timeout(self.timeout_minutes)?,
            uninitialised: self.uninitialised,
            cookie: self.cookie,
            locked: self.locked,
            remaining: self.remaining,
            backed: self.backed.into(),
        };
        Ok((row, rest))
    }
}

/// Lays out `parcels`, each head right before its key and content.
pub(super) fn lay_out(parcels: &[Parcel], sink: &mut impl Sink) {
    for parcel in parcels {
        let (head, content) = match parcel {
            Parcel::Row(row) => (WireParcel::Row(row.into()), &row.content),
            Parcel::Tombstone { key, epoch, age } => {
                let key_bytes = length(key.key());
                (WireParcel::Tombstone { key_bytes, epoch: *epoch, age: *age }, key)
            }
        };
        let mut buffer = [0; PARCEL_HEAD_BYTES];
        sink.bytes(postcard::to_slice(&head, &mut buffer).expect("PARCEL_HEAD_BYTES is enough for any"));
        sink.stored(content);
    }
}

/// The parcels that were laid out as `raw`.
pub(super) fn read(raw: &[u8]) -> Result<Vec<Parcel>, Fault> {
    let mut parcels = Vec::new();
    let mut rest = raw;
    while !rest.is_empty() {
        if !parcels.is_empty() && raw.len() > PUSH_BYTES {
            return Err(Fault::Parcels);
        }
        let (head, behind) = postcard::take_from_bytes(rest).map_err(|_| Fault::Parcels)?;
        let (parcel, behind) = match head {
            WireParcel::Row(row) => {
                row.with_content(behind).map(|(row, behind)| (Parcel::Row(row), behind))?
            }
            WireParcel::Tombstone { key_bytes, epoch, age } => {
                let (key, behind) = behind.split_at_checked(key_bytes as usize).ok_or(Fault::Parcels)?;
                (Parcel::Tombstone { key: stored(key_bytes, key)?, epoch, age }, behind)
            }
        };
        parcels.push(parcel);
        rest = behind;
    }
    Ok(parcels)
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("keys and contents are at most 1 GiB")
}
