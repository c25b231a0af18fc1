//! Cuts the lines of a head out of a growing buffer, looking at each byte once.

use memchr::{memchr, memchr2};

use super::Fault;

/// How far a head was cut. A peer that trickles bytes costs one look per byte, not per byte and call.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lines {
    start: usize,
    searched: usize,
}

impl Lines {
    /// The next line without its end (CRLF, or LF alone); `None` while it is incomplete.
    ///
    /// `buffer` begins with the head and holds at least what it held at the last call.
    pub(super) fn next<'b>(
        &mut self,
        buffer: &'b [u8],
        head_bytes: usize,
    ) -> Result<Option<&'b [u8]>, Fault> {
        // Never looking past the limit makes the verdict independent of how the bytes arrived.
        let view = &buffer[..buffer.len().min(head_bytes)];
        let fresh = view.get(self.searched..).unwrap_or_default();
        let Some(length) = memchr(b'\n', fresh) else {
            self.searched = view.len();
            return if view.len() == head_bytes { Err(Fault::HeadTooLong) } else { Ok(None) };
        };
        let line = &view[self.start..self.searched + length];
        self.searched += length + 1;
        self.start = self.searched;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if memchr2(0, b'\r', line).is_some() {
            return Err(Fault::ControlByte);
        }
        Ok(Some(line))
    }

    /// Bytes of all lines cut so far, with their ends.
    pub(super) fn consumed(&self) -> usize {
        self.start
    }
}
