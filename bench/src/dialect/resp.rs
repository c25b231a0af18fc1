//! The Redis serialisation protocol (RESP2), as far as the drivers need it.

use std::io::Write as _;

use anyhow::{Context as _, Result, bail};

use super::{decimal, shown, split_line};

/// One reply of a Redis server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// `+OK` and the like.
    Status(&'a [u8]),
    /// A number.
    Integer(i64),
    /// A string of bytes.
    Bulk(&'a [u8]),
    /// No value.
    Nil,
}

/// Begins a command of `arguments` parts, its name included.
pub(super) fn begin(arguments: usize, out: &mut Vec<u8>) {
    write!(out, "*{arguments}\r\n").expect("writing to memory does not fail");
}

/// Appends one part that is at hand.
pub(super) fn part(bytes: &[u8], out: &mut Vec<u8>) {
    part_with(bytes.len(), |out| out.extend_from_slice(bytes), out);
}

/// Appends one part of `length` bytes that `write` writes.
pub(super) fn part_with(length: usize, write: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) {
    write!(out, "${length}\r\n").expect("writing to memory does not fail");
    write(out);
    out.extend_from_slice(b"\r\n");
}

/// Appends a number as one part.
pub(super) fn part_number(number: u32, out: &mut Vec<u8>) {
    part(number.to_string().as_bytes(), out);
}

/// The value that `input` begins with and its length, or `None` while it is incomplete.
///
/// # Errors
/// An error reply, or bytes that are none of the [`Value`]s.
pub(super) fn decode(input: &[u8]) -> Result<Option<(usize, Value<'_>)>> {
    let Some((line, rest)) = split_line(input) else {
        return Ok(None);
    };
    let taken = input.len() - rest.len();
    let (kind, text) = line.split_first().context("empty line where a reply was expected")?;
    let number = || decimal::<i64>(text).with_context(|| format!("no number: {:?}", shown(line)));
    let value = match kind {
        b'+' => Value::Status(text),
        b':' => Value::Integer(number()?),
        b'$' => {
            let Ok(length) = usize::try_from(number()?) else {
                return Ok(Some((taken, Value::Nil)));
            };
            if rest.len() < length + 2 {
                return Ok(None);
            }
            return Ok(Some((taken + length + 2, Value::Bulk(&rest[..length]))));
        }
        b'-' => bail!("the server refused: {}", shown(text)),
        _ => bail!("unexpected reply {:?}", shown(line)),
    };
    Ok(Some((taken, value)))
}
