//! Redis and Valkey as a plain store: one command per operation, no locks.

use anyhow::{Result, bail};

use super::{
    Decoded,
    resp::{self, Value},
};
use crate::{
    body, key,
    request::{Operation, Reply, Request},
};

/// Appends `request`; the key lives for `minutes` from then on, except after get-exclusive, whose
/// second half renews it.
pub(super) fn encode(request: &Request, minutes: u32, out: &mut Vec<u8>) {
    let Request { operation, session, version, length, .. } = *request;
    let (name, parts): (&[u8], _) = match operation {
        Operation::Create | Operation::SetAndRelease => (b"SET", 5),
        Operation::GetExclusive => (b"GET", 2),
        Operation::Release | Operation::Touch => (b"EXPIRE", 3),
        Operation::Get => (b"GETEX", 4),
        Operation::Delete => (b"DEL", 2),
    };
    resp::begin(parts, out);
    resp::part(name, out);
    resp::part_with(key::KEY_LENGTH, |out| key::write_plain(session, out), out);
    match operation {
        Operation::Create | Operation::SetAndRelease => {
            resp::part_with(length, |out| body::write(session, version, length, out), out);
            resp::part(b"EX", out);
            resp::part_number(minutes * 60, out);
        }
        Operation::Get => {
            resp::part(b"EX", out);
            resp::part_number(minutes * 60, out);
        }
        Operation::Release | Operation::Touch => resp::part_number(minutes * 60, out),
        Operation::GetExclusive | Operation::Delete => {}
    }
}

/// See [`super::Dialect::decode`].
pub(super) fn decode(operation: Operation, input: &[u8]) -> Result<Option<Decoded<'_>>> {
    let Some((taken, value)) = resp::decode(input)? else {
        return Ok(None);
    };
    let reply = match (operation, value) {
        (Operation::Create | Operation::SetAndRelease, Value::Status(b"OK")) => Reply::Done,
        (Operation::GetExclusive | Operation::Get, Value::Bulk(bytes)) => Reply::Body { bytes, lock: None },
        (Operation::GetExclusive | Operation::Get, Value::Nil) => Reply::Absent,
        (Operation::Release | Operation::Touch | Operation::Delete, Value::Integer(1)) => Reply::Done,
        (Operation::Release | Operation::Touch | Operation::Delete, Value::Integer(0)) => Reply::Absent,
        _ => bail!("{value:?} is no reply to {operation:?}"),
    };
    Ok(Some((taken, reply)))
}
