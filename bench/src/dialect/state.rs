//! The ASP.NET state protocol as the real client speaks it (MS-ASP 2.2): header order, spelling and
//! blanks included.

use std::io::Write as _;

use anyhow::{Context as _, Result, bail};

use super::{Decoded, decimal, shown, split_line};
use crate::{
    body, key,
    request::{Operation, Reply, Request},
};

/// Appends `request`; a write sets a timeout of `minutes`.
pub(super) fn encode(request: &Request, minutes: u32, out: &mut Vec<u8>) {
    let Request { operation, session, lock, version, length } = *request;
    let method: &[u8] = match operation {
        Operation::Create | Operation::SetAndRelease => b"PUT ",
        Operation::GetExclusive | Operation::Release | Operation::Get => b"GET ",
        Operation::Touch => b"HEAD ",
        Operation::Delete => b"DELETE ",
    };
    out.extend_from_slice(method);
    key::write_encoded(session, out);
    out.extend_from_slice(b" HTTP/1.1\r\nHost: localhost\r\n");
    match operation {
        Operation::Create | Operation::SetAndRelease => write!(
            out,
            "Timeout:{minutes}\r\nContent-Length:{length}\r\nExtraFlags:0\r\nLockCookie:{lock}\r\n\r\n"
        ),
        Operation::GetExclusive => out.write_all(b"Exclusive: acquire\r\n\r\n"),
        Operation::Release => write!(out, "Exclusive: release\r\nLockCookie:{lock}\r\n\r\n"),
        Operation::Delete => write!(out, "LockCookie:{lock}\r\n\r\n"),
        Operation::Get | Operation::Touch => out.write_all(b"\r\n"),
    }
    .expect("writing to memory does not fail");
    if length > 0 {
        body::write(session, version, length, out);
    }
}

/// See [`super::Dialect::decode`].
pub(super) fn decode(operation: Operation, input: &[u8]) -> Result<Option<Decoded<'_>>> {
    let Some(head) = input.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let (mut length, mut lock) = (None, None);
    let mut lines = &input[..head + 2];
    let status = lines;
    while let Some((line, rest)) = split_line(lines) {
        if let Some(value) = line.strip_prefix(b"Content-Length: ") {
            length = decimal(value);
        } else if let Some(value) = line.strip_prefix(b"LockCookie: ") {
            lock = decimal(value);
        }
        lines = rest;
    }
    let length: usize = length.context("the answer has no valid Content-Length")?;
    let start = head + 4;
    let Some(bytes) = input.get(start..start + length) else {
        return Ok(None);
    };
    let reply = match (&status[..3], operation) {
        (b"200", Operation::GetExclusive) => {
            Reply::Body { bytes, lock: Some(lock.context("the answer to acquire names no lock")?) }
        }
        (b"200", Operation::Get) => Reply::Body { bytes, lock: None },
        (b"200", _) => Reply::Done,
        (b"404", _) => Reply::Absent,
        (b"423", _) => Reply::Locked,
        _ => bail!("unexpected answer {:?}", shown(input)),
    };
    Ok(Some((start + length, reply)))
}
