//! What is wrong with a ring.

use crate::check::{EPOCH_MAX, MEMBERS_MAX, NAME_BYTES_MAX, UNSETTLED_MAX};
use crate::json::TEXT_BYTES_MAX;

/// Why a ring was refused, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRing {
    /// Longer than any ring.
    #[error("the ring has {0} bytes, and none has more than {TEXT_BYTES_MAX}: this is something else")]
    TooLong(usize),
    /// Not JSON, or not of this shape.
    #[error(
        "the ring is unreadable: {0}; write {{\"cluster\": ..., \"epoch\": 1, \"members\": \
         [{{\"name\": \"node-0\", \"address\": \"10.0.0.1:42425\", \"state\": \"Active\"}}]}}"
    )]
    Unreadable(String),
    /// Outside 1 to [`EPOCH_MAX`].
    #[error("epoch {0}: write a number from 1 to {EPOCH_MAX}, higher than that of any ring before")]
    Epoch(u64),
    /// Nobody could own a session.
    #[error("the ring of epoch {0} has no members: write at least one")]
    NoMembers(u64),
    /// More than [`MEMBERS_MAX`].
    #[error("the ring of epoch {epoch} has {members} members: write at most {MEMBERS_MAX}")]
    TooManyMembers {
        /// Of which ring.
        epoch: u64,
        /// How many.
        members: usize,
    },
    /// Two members with one identity.
    #[error("the ring of epoch {epoch} has two members named {name:?}: give each node a name of its own")]
    DuplicateName {
        /// Of which ring.
        epoch: u64,
        /// The name.
        name: String,
    },
    /// A name that could not be printed, compared or bounded.
    #[error("{what} {text:?}: write 1 to {NAME_BYTES_MAX} ASCII letters, digits, '-', '.', '_' or ':'")]
    Name {
        /// Whose name it is.
        what: &'static str,
        /// What was written.
        text: String,
    },
    /// An address that nobody can connect to.
    #[error(
        "address {address} of member {name:?} leads nowhere: write the IP address and port at which it is \
         reached, like 10.0.0.1:42425 by peers (address) and 10.0.0.1:42424 by clients (clients)"
    )]
    Address {
        /// The member.
        name: String,
        /// What was written.
        address: std::net::SocketAddr,
    },
    /// More than [`UNSETTLED_MAX`].
    #[error("{0} unsettled rings: write at most {UNSETTLED_MAX}, newest first")]
    TooManyUnsettled(usize),
    /// Not newest first, or not earlier than the ring itself.
    #[error(
        "unsettled ring of epoch {earlier} after epoch {later}: write them newest first, each of a lower \
         epoch than the one before"
    )]
    UnsettledOrder {
        /// The one that is too high.
        earlier: u64,
        /// What it must be lower than.
        later: u64,
    },
}
