//! One header line.

use memchr::memchr;

use super::Fault;

/// Name and value of a header line, the value without blanks around it.
///
/// A blank before the colon is refused: `Content-Length : 9` must not slip through as an unknown
/// name here and frame a body elsewhere. The same goes for continuation lines, which begin with one.
pub(super) fn split(line: &[u8]) -> Result<(&[u8], &[u8]), Fault> {
    let colon = memchr(b':', line).ok_or(Fault::HeaderLine)?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    if name.is_empty() || name.trim_ascii().len() != name.len() {
        return Err(Fault::HeaderLine);
    }
    Ok((name, value.trim_ascii()))
}
