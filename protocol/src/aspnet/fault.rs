//! What makes bytes impossible to frame.

use std::fmt;

/// The rest of the connection cannot be understood: a server answers 400 and closes, a client
/// closes and reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// No blank line within [`crate::aspnet::Limits::head_bytes`].
    HeadTooLong,
    /// A NUL, or a carriage return that does not end a line.
    ControlByte,
    /// Not `METHOD target HTTP/1.1`.
    RequestLine,
    /// Not `200 OK`, with or without `HTTP/x.y` in front.
    StatusLine,
    /// The target is longer than [`crate::aspnet::Limits::target_bytes`].
    TargetTooLong,
    /// A header line without a colon, without a name or with a blank around the name.
    HeaderLine,
    /// More header lines than [`crate::aspnet::Limits::headers`].
    TooManyHeaders,
    /// `Content-Length` is not a number of 0 to 2,147,483,647.
    ContentLength,
    /// No `Content-Length` where a body may follow.
    ContentLengthMissing,
    /// Two `Content-Length` headers that differ.
    ContentLengthTwice,
    /// `Transfer-Encoding` does not exist in this protocol.
    TransferEncoding,
    /// The announced body is longer than [`crate::aspnet::Limits::body_bytes`].
    BodyTooLong,
    /// A header of an answer that is a number by definition is none.
    AnswerValue,
}

impl Fault {
    /// A fixed word, for metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.texts().0
    }

    const fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::HeadTooLong => {
                ("head_too_long", "the head is too long: shorten the target or send fewer headers")
            }
            Self::ControlByte => {
                ("control_byte", "a NUL or a lone carriage return in the head: percent-encode it")
            }
            Self::RequestLine => ("request_line", "the first line is not `METHOD target HTTP/1.1`"),
            Self::StatusLine => ("status_line", "the first line is not a status such as `200 OK`"),
            Self::TargetTooLong => {
                ("target_too_long", "the request target is too long: shorten the session id")
            }
            Self::HeaderLine => ("header_line", "a header line is not `Name: value`"),
            Self::TooManyHeaders => ("too_many_headers", "too many header lines: clients send five at most"),
            Self::ContentLength => ("content_length", "Content-Length is not a number of 0 to 2147483647"),
            Self::ContentLengthMissing => {
                ("content_length_missing", "Content-Length is missing: it says where the body ends")
            }
            Self::ContentLengthTwice => {
                ("content_length_twice", "two Content-Length headers differ: send one")
            }
            Self::TransferEncoding => {
                ("transfer_encoding", "Transfer-Encoding is not supported: send Content-Length")
            }
            Self::BodyTooLong => ("body_too_long", "the body is longer than this side accepts"),
            Self::AnswerValue => ("answer_value", "a header of the answer should be a number and is not"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.texts().1)
    }
}

impl std::error::Error for Fault {}
