//! The headers of a request that mean something.

use cloakroom_session::CookieField;

use super::number::{Number, content_length};
use super::{Fault, Limits, field};

/// The value of `Exclusive` (MS-ASP 2.2.3.7), compared without case as its examples ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Exclusive {
    #[default]
    Missing,
    Acquire,
    Release,
    Other,
}

/// What the header lines seen so far say. Of a repeated header the last one counts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fields {
    lines: usize,
    pub(super) exclusive: Exclusive,
    pub(super) timeout: Number,
    pub(super) extra_flags: Number,
    pub(super) content_length: Option<u32>,
    lock_cookie: Number,
}

impl Fields {
    /// Takes in one header line. Unknown names are ignored.
    pub(super) fn take(&mut self, line: &[u8], limits: &Limits) -> Result<(), Fault> {
        self.lines += 1;
        if self.lines > limits.headers {
            return Err(Fault::TooManyHeaders);
        }
        let (name, value) = field::split(line)?;
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        // By length first: most lines are told apart without comparing text.
        match name.len() {
            7 if is(b"Timeout") => self.timeout = Number::parse(value),
            9 if is(b"Exclusive") => self.exclusive = exclusive(value),
            10 if is(b"LockCookie") => self.lock_cookie = Number::parse(value),
            10 if is(b"ExtraFlags") => self.extra_flags = Number::parse(value),
            11 if is(b"Lock-Cookie") => self.lock_cookie = Number::parse(value),
            14 if is(b"Content-Length") => {
                self.content_length = Some(content_length(value, self.content_length)?);
            }
            17 if is(b"Transfer-Encoding") => return Err(Fault::TransferEncoding),
            _ => {}
        }
        Ok(())
    }

    /// The lock cookie as the session's rules want it: a negative one is as bad as no number.
    pub(super) fn cookie(&self) -> CookieField {
        match self.lock_cookie {
            Number::Missing => CookieField::Missing,
            Number::Value(cookie) if cookie >= 0 => CookieField::Value(cookie),
            Number::Value(_) | Number::Bad => CookieField::Bad,
        }
    }
}

fn exclusive(value: &[u8]) -> Exclusive {
    if value.eq_ignore_ascii_case(b"acquire") {
        Exclusive::Acquire
    } else if value.eq_ignore_ascii_case(b"release") {
        Exclusive::Release
    } else {
        Exclusive::Other
    }
}
