//! Answers, from bytes to their headers (client side).

use super::line::Lines;
use super::number::{content_length, signed};
use super::{Fault, Limits, field};

/// Decodes the heads of one connection's answers, one after the other.
#[derive(Clone, Debug, Default)]
pub struct AnswerDecoder {
    lines: Lines,
    headers: usize,
    head: AnswerHead,
}

/// A complete answer head. The body follows it in the stream.
///
/// Absent headers are `None`. Header names are compared with their case: the real client's parser
/// was never published, so a server that changes the case cannot be trusted to work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnswerHead {
    /// 200, 400, 404, 423, or what else came.
    pub status: u16,
    /// First number of `X-AspNet-Version`.
    pub version_major: Option<u32>,
    /// `ActionFlags`; 1 asks the reader to initialise the session.
    pub action_flags: Option<i32>,
    /// `LockCookie`.
    pub lock_cookie: Option<i32>,
    /// `Timeout`, the session's configured minutes.
    pub timeout_minutes: Option<i32>,
    /// `LockDate`, see [`super::lock_date`].
    pub lock_date: Option<i64>,
    /// `LockAge`, whole seconds.
    pub lock_age_seconds: Option<i32>,
    /// Bytes from the status line to the blank line, both included.
    pub head_bytes: usize,
    /// Bytes of the body behind the head.
    pub body_bytes: u32,
    content_length: Option<u32>,
}

impl AnswerDecoder {
    /// The head at the start of `buffer`, or `None` until all of it is there; to be called as
    /// [`super::Decoder::head`] is.
    ///
    /// # Errors
    /// A [`Fault`] if the answer is none of this protocol, or past the limits.
    pub fn head(&mut self, buffer: &[u8], limits: &Limits) -> Result<Option<AnswerHead>, Fault> {
        let head = self.advance(buffer, limits);
        if !matches!(head, Ok(None)) {
            *self = Self::default();
        }
        head
    }

    fn advance(&mut self, buffer: &[u8], limits: &Limits) -> Result<Option<AnswerHead>, Fault> {
        while let Some(line) = self.lines.next(buffer, limits.head_bytes)? {
            if self.head.status == 0 {
                self.head.status = status(line).ok_or(Fault::StatusLine)?;
                continue;
            }
            if line.is_empty() {
                let body_bytes = self.head.content_length.ok_or(Fault::ContentLengthMissing)?;
                if body_bytes > limits.body_bytes {
                    return Err(Fault::BodyTooLong);
                }
                return Ok(Some(AnswerHead { head_bytes: self.lines.consumed(), body_bytes, ..self.head }));
            }
            self.headers += 1;
            if self.headers > limits.headers {
                return Err(Fault::TooManyHeaders);
            }
            self.head.take(line)?;
        }
        Ok(None)
    }
}

impl AnswerHead {
    fn take(&mut self, line: &[u8]) -> Result<(), Fault> {
        let (name, value) = field::split(line)?;
        match name {
            b"X-AspNet-Version" => {
                self.version_major =
                    Some(number(value.split(|byte| *byte == b'.').next().unwrap_or_default())?);
            }
            b"ActionFlags" => self.action_flags = Some(number(value)?),
            b"LockCookie" => self.lock_cookie = Some(number(value)?),
            b"Timeout" => self.timeout_minutes = Some(number(value)?),
            b"LockDate" => self.lock_date = Some(number(value)?),
            b"LockAge" => self.lock_age_seconds = Some(number(value)?),
            b"Content-Length" => {
                self.content_length = Some(content_length(value, self.content_length)?);
            }
            _ => {}
        }
        Ok(())
    }
}

fn number<N: std::str::FromStr>(value: &[u8]) -> Result<N, Fault> {
    signed(value).ok_or(Fault::AnswerValue)
}

/// `[HTTP/x.y SP] 3DIGIT SP text`: the real server sends no version, others do.
fn status(line: &[u8]) -> Option<u16> {
    let bare = match line.strip_prefix(b"HTTP/") {
        Some(version) => version.splitn(2, |byte| *byte == b' ').nth(1)?,
        None => line,
    };
    let (digits, text) = bare.split_at_checked(3)?;
    let numeric = digits.iter().all(u8::is_ascii_digit) && text.starts_with(b" ");
    signed(digits).filter(|status| numeric && *status >= 100)
}
