//! The memcached text protocol, no locks.

use std::io::Write as _;

use anyhow::{Context as _, Result, bail};

use super::{Decoded, decimal, shown, split_line};
use crate::{
    body, key,
    request::{Operation, Reply, Request},
};

/// Appends `request`; the item lives for `minutes` from then on, except after get-exclusive, whose
/// second half renews it.
pub(super) fn encode(request: &Request, minutes: u32, out: &mut Vec<u8>) {
    let Request { operation, session, version, length, .. } = *request;
    let seconds = minutes * 60;
    let mut put = |text: std::fmt::Arguments<'_>| {
        out.write_fmt(text).expect("writing to memory does not fail");
    };
    match operation {
        Operation::Create | Operation::SetAndRelease => put(format_args!("set ")),
        Operation::GetExclusive => put(format_args!("get ")),
        Operation::Release | Operation::Touch => put(format_args!("touch ")),
        Operation::Get => put(format_args!("gat {seconds} ")),
        Operation::Delete => put(format_args!("delete ")),
    }
    key::write_plain(session, out);
    match operation {
        Operation::Create | Operation::SetAndRelease => {
            write!(out, " 0 {seconds} {length}\r\n").expect("writing to memory does not fail");
            body::write(session, version, length, out);
        }
        Operation::Release | Operation::Touch => {
            write!(out, " {seconds}").expect("writing to memory does not fail");
        }
        Operation::GetExclusive | Operation::Get | Operation::Delete => {}
    }
    out.extend_from_slice(b"\r\n");
}

/// See [`super::Dialect::decode`].
pub(super) fn decode(operation: Operation, input: &[u8]) -> Result<Option<Decoded<'_>>> {
    let Some((line, rest)) = split_line(input) else {
        return Ok(None);
    };
    let taken = input.len() - rest.len();
    let reply = match (operation, line) {
        (Operation::GetExclusive | Operation::Get, b"END") => Reply::Absent,
        (Operation::GetExclusive | Operation::Get, [b'V', b'A', b'L', b'U', b'E', b' ', ..]) => {
            let length: usize = line
                .rsplit(|byte| *byte == b' ')
                .next()
                .and_then(decimal)
                .with_context(|| format!("no length in {:?}", shown(line)))?;
            let end = b"\r\nEND\r\n";
            let Some(tail) = rest.get(length..length + end.len()) else {
                return Ok(None);
            };
            if tail != end {
                bail!("{:?} where the value should end", shown(tail));
            }
            let reply = Reply::Body { bytes: &rest[..length], lock: None };
            return Ok(Some((taken + length + end.len(), reply)));
        }
        (Operation::Create | Operation::SetAndRelease, b"STORED")
        | (Operation::Release | Operation::Touch, b"TOUCHED")
        | (Operation::Delete, b"DELETED") => Reply::Done,
        (Operation::Release | Operation::Touch | Operation::Delete, b"NOT_FOUND") => Reply::Absent,
        _ => bail!("the server answered {:?} to {operation:?}", shown(line)),
    };
    Ok(Some((taken, reply)))
}
