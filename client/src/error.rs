//! What can go wrong, whose fault it is, and what is known afterwards.

use std::io;
use std::time::Duration;

use cloakroom_protocol::aspnet::{AnswerError, Fault};

/// A request without an answer that means something.
///
/// | error | side | outcome |
/// |---|---|---|
/// | [`Interrupted`](Self::Interrupted), [`EmptyBody`](Self::EmptyBody) | caller | not sent |
/// | [`BadRequest`](Self::BadRequest) | caller | not done |
/// | [`Connect`](Self::Connect) | network | not sent |
/// | [`Io`](Self::Io), [`Closed`](Self::Closed), [`TimedOut`](Self::TimedOut) | network | unknown |
/// | all others | server | unknown |
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No connection came about.
    #[error("cannot connect to {server}: {source}")]
    Connect {
        /// As given.
        server: String,
        /// Why.
        source: io::Error,
    },
    /// Sending or receiving failed.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
    /// The server closed the connection before its answer was complete.
    #[error("the server closed the connection before it answered")]
    Closed,
    /// The deadline passed.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// An earlier request did not run to its end.
    #[error("an earlier request on this connection was cut short: connect again")]
    Interrupted,
    /// Nothing to store.
    #[error("the body is empty, and an empty session reads as an absent one: store at least one byte")]
    EmptyBody,
    /// The server refused the request's form.
    #[error("{}", AnswerError::BadRequest)]
    BadRequest,
    /// The server is none that clients since .NET 2.0 work with.
    #[error("{}", AnswerError::ServerTooOld)]
    TooOld,
    /// The answer is none of this protocol.
    #[error("the answer cannot be read: {0}: is this a session node?")]
    Answer(Fault),
    /// The answer lacks a header that it must have.
    #[error("the answer has no valid {0} header")]
    Missing(&'static str),
    /// The server sent more than one answer.
    #[error("the server sent more than it was asked for")]
    Surplus,
    /// A status that this protocol does not have.
    #[error("the server answered with status {0}, which means nothing here")]
    Status(u16),
}

/// Where to look for the cause of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The program that used this crate.
    Caller,
    /// The way to the server, or the server's being there at all.
    Network,
    /// What answered.
    Server,
}

impl Error {
    /// Whose fault it is.
    #[must_use]
    pub const fn side(&self) -> Side {
        match self {
            Self::Interrupted | Self::EmptyBody | Self::BadRequest => Side::Caller,
            Self::Connect { .. } | Self::Io(_) | Self::Closed | Self::TimedOut(_) => Side::Network,
            Self::TooOld | Self::Answer(_) | Self::Missing(_) | Self::Surplus | Self::Status(_) => {
                Side::Server
            }
        }
    }

    /// Whether the server may have carried the request out all the same.
    #[must_use]
    pub const fn outcome_unknown(&self) -> bool {
        !matches!(self, Self::Connect { .. } | Self::Interrupted | Self::EmptyBody | Self::BadRequest)
    }
}

impl From<AnswerError> for Error {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::BadRequest => Self::BadRequest,
            AnswerError::ServerTooOld => Self::TooOld,
        }
    }
}
