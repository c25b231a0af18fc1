//! Decimal numbers in headers.

use std::str;

use super::Fault;

/// A header whose value is a signed 32-bit number. Whether a bad one matters depends on the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Number {
    /// No such header.
    #[default]
    Missing,
    /// Anything but a number that fits.
    Bad,
    /// What it says.
    Value(i32),
}

impl Number {
    /// Reads a header value.
    pub(super) fn parse(value: &[u8]) -> Self {
        signed(value).map_or(Self::Bad, Self::Value)
    }
}

/// A number of any integer type, with an optional sign.
pub(super) fn signed<N: str::FromStr>(value: &[u8]) -> Option<N> {
    str::from_utf8(value).ok()?.parse().ok()
}

/// The value of `Content-Length` after an `earlier` one. No sign: what frames a body has one spelling.
pub(super) fn content_length(value: &[u8], earlier: Option<u32>) -> Result<u32, Fault> {
    let digits = value.iter().all(u8::is_ascii_digit);
    let length = signed::<i32>(value).filter(|_| digits).and_then(|length| u32::try_from(length).ok());
    match (length, earlier) {
        (None, _) => Err(Fault::ContentLength),
        (Some(length), Some(earlier)) if length != earlier => Err(Fault::ContentLengthTwice),
        (Some(length), _) => Ok(length),
    }
}
