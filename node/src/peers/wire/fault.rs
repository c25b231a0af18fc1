//! What is wrong with bytes that are not the peer protocol.

use cloakroom_ring::BadRing;

/// After one of these nothing on the link can be trusted any more: it is closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// No frame has this length.
    #[error("a frame of {0} bytes")]
    Length(u32),
    /// The head cannot be read.
    #[error("an unreadable head")]
    Head,
    /// Raw bytes that are not what the head says.
    #[error("{0} raw bytes where the head says {1}")]
    RawBytes(usize, u32),
    /// More partial messages than a sender may have under way.
    #[error("too many messages in parts")]
    Partial,
    /// A part of no message, or of none that is incomplete.
    #[error("a part of no message")]
    Part,
    /// A key longer than the message or than any key.
    #[error("a key of {0} bytes")]
    Key(u32),
    /// A timeout that no session has.
    #[error("a timeout of {0} minutes")]
    Timeout(u32),
    /// Parcels that are cut short, or too many for one message.
    #[error("unreadable parcels")]
    Parcels,
    /// A ring that nobody may follow.
    #[error("a bad ring: {0}")]
    Ring(#[from] BadRing),
    /// A question where answers are due, an answer to no question, or the like.
    #[error("a message that is out of place")]
    OutOfPlace,
}
