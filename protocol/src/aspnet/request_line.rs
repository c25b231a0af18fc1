//! The first line of a request.

use memchr::{memchr, memrchr};

use super::Fault;

/// What a request asks for; compared exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Put,
    Delete,
    Head,
    Unknown,
}

/// The first line, with the target as a range of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestLine {
    pub(super) method: Method,
    pub(super) target_start: usize,
    pub(super) target_end: usize,
}

impl RequestLine {
    /// Reads `method SP target SP HTTP/1.1`. The target is everything between the first blank and
    /// the last, so that a stray blank in it does not lose the version. `HTTP/1.0` means the same.
    pub(super) fn parse(line: &[u8], target_bytes: usize) -> Result<Self, Fault> {
        let (first, last) = memchr(b' ', line).zip(memrchr(b' ', line)).ok_or(Fault::RequestLine)?;
        let target_start = first + 1;
        let version = &line[last + 1..];
        if first == 0 || last <= target_start || !matches!(version, b"HTTP/1.1" | b"HTTP/1.0") {
            return Err(Fault::RequestLine);
        }
        if last - target_start > target_bytes {
            return Err(Fault::TargetTooLong);
        }
        let method = match &line[..first] {
            b"GET" => Method::Get,
            b"PUT" => Method::Put,
            b"DELETE" => Method::Delete,
            b"HEAD" => Method::Head,
            _ => Method::Unknown,
        };
        Ok(Self { method, target_start, target_end: last })
    }
}
