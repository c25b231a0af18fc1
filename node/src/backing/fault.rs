//! Why an engine did not do what it was asked, and whether it may have done it all the same.

use std::fmt;

/// What went wrong, as far as callers act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The engine was not reached; nothing was done.
    Unreachable,
    /// The question was sent, and no answer came: it may have been done, or may be done yet.
    NoAnswer,
    /// The engine takes no writes: a replica, or in recovery.
    ReadOnly,
    /// The engine has no room.
    Full,
    /// The engine refused: credentials, rights, another kind of data under the key, a newer schema.
    Refused,
}

/// An engine's failure. The message is for people and holds neither credentials nor session content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct Fault {
    /// What callers act on.
    pub kind: FaultKind,
    /// What the engine or the network said.
    pub message: String,
}

impl Fault {
    /// With a message for people.
    pub fn new(kind: FaultKind, message: impl fmt::Display) -> Self {
        Self { kind, message: message.to_string() }
    }

    /// Whether the change may be in the engine now, or later.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        self.kind == FaultKind::NoAnswer
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "not reached",
            Self::NoAnswer => "no answer",
            Self::ReadOnly => "takes no writes",
            Self::Full => "full",
            Self::Refused => "refused",
        })
    }
}
