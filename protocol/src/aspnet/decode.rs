//! Requests, from bytes to commands (server side).

use cloakroom_session::{Command, Timeout};

use super::fields::{Exclusive, Fields};
use super::line::Lines;
use super::number::Number;
use super::request_line::{Method, RequestLine};
use super::{Fault, Limits, Refusal};

/// Decodes the heads of one connection's requests, one after the other.
///
/// It allocates nothing and takes in each line once, so a head that arrives byte by byte costs
/// what it costs in one piece.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    lines: Lines,
    request: Option<RequestLine>,
    fields: Fields,
}

/// A complete request head. The body follows it in the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'b> {
    /// The request target as sent; [`super::key_into`] makes the key of it.
    pub target: &'b [u8],
    /// What is asked for.
    pub meaning: Meaning,
    /// Bytes from the first line to the blank line, both included.
    pub head_bytes: usize,
    /// Bytes of the body behind the head; to be read or skipped whatever the meaning.
    pub body_bytes: u32,
}

/// Whether a request can be obeyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Yes; for a set, with the body that follows.
    Command(Command),
    /// No: answer 400 behind the skipped body and go on.
    Refused(Refusal),
}

impl Decoder {
    /// The head at the start of `buffer`, or `None` until all of it is there.
    ///
    /// Until it returns a head, call it with the same bytes and more behind them. Afterwards it is
    /// ready for the next request, at the start of another buffer.
    ///
    /// # Errors
    /// A [`Fault`] if the end of this request cannot be known: answer 400 and close.
    pub fn head<'b>(&mut self, buffer: &'b [u8], limits: &Limits) -> Result<Option<Head<'b>>, Fault> {
        let head = self.advance(buffer, limits);
        if !matches!(head, Ok(None)) {
            self.reset();
        }
        head
    }

    /// Forgets an incomplete head.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    fn advance<'b>(&mut self, buffer: &'b [u8], limits: &Limits) -> Result<Option<Head<'b>>, Fault> {
        while let Some(line) = self.lines.next(buffer, limits.head_bytes)? {
            match self.request {
                None => self.request = Some(RequestLine::parse(line, limits.target_bytes)?),
                Some(request) if line.is_empty() => {
                    return Ok(Some(Head {
                        target: &buffer[request.target_start..request.target_end],
                        body_bytes: body_bytes(request.method, &self.fields, limits)?,
                        meaning: meaning(request.method, &self.fields),
                        head_bytes: self.lines.consumed(),
                    }));
                }
                Some(_) => self.fields.take(line, limits)?,
            }
        }
        Ok(None)
    }
}

fn body_bytes(method: Method, fields: &Fields, limits: &Limits) -> Result<u32, Fault> {
    match (fields.content_length, method) {
        (Some(bytes), _) if bytes > limits.body_bytes => Err(Fault::BodyTooLong),
        (Some(bytes), _) => Ok(bytes),
        (None, Method::Get | Method::Head | Method::Delete) => Ok(0),
        (None, Method::Put | Method::Unknown) => Err(Fault::ContentLengthMissing),
    }
}

/// Headers that mean nothing to a method are ignored there, even bad ones.
fn meaning(method: Method, fields: &Fields) -> Meaning {
    let cookie = fields.cookie();
    let command = match (method, fields.exclusive) {
        (Method::Get, Exclusive::Missing) => Command::Get,
        (Method::Get, Exclusive::Acquire) => Command::Acquire,
        (Method::Get, Exclusive::Release) => Command::Release { cookie },
        (Method::Get, Exclusive::Other) => return Meaning::Refused(Refusal::Exclusive),
        (Method::Put, _) => match set(fields) {
            Ok(command) => command,
            Err(refusal) => return Meaning::Refused(refusal),
        },
        (Method::Delete, _) => Command::Remove { cookie },
        (Method::Head, _) => Command::Touch,
        (Method::Unknown, _) => return Meaning::Refused(Refusal::Method),
    };
    Meaning::Command(command)
}

/// The checks that the reference makes before it looks for the session, in its order.
fn set(fields: &Fields) -> Result<Command, Refusal> {
    let timeout = match fields.timeout {
        Number::Missing => Some(Timeout::DEFAULT),
        Number::Bad => None,
        Number::Value(minutes) => {
            u32::try_from(minutes).ok().and_then(|minutes| Timeout::from_minutes(minutes).ok())
        }
    }
    .ok_or(Refusal::Timeout)?;
    let uninitialised = match fields.extra_flags {
        Number::Missing => false,
        Number::Bad => return Err(Refusal::ExtraFlags),
        // The reference's other bits are private to its counters.
        Number::Value(flags) => flags & 1 == 1,
    };
    if fields.content_length == Some(0) {
        return Err(Refusal::EmptyBody);
    }
    Ok(Command::Set { timeout, uninitialised, cookie: fields.cookie() })
}
