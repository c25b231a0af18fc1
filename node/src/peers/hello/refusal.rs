//! Why a link does not come about.

use std::io;

use crate::metrics::HelloRefused;

/// What one side has against the other; its number is part of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::peers) enum Refusal {
    #[error("it speaks another version of the peer protocol")]
    Version = 1,
    #[error("it belongs to another cluster")]
    Cluster = 2,
    #[error("it is not the node that was expected at this address, or has this node's own name")]
    Name = 3,
    #[error("it has another peer key; give all nodes the same peerKeyFile")]
    Key = 4,
    #[error("without a peer key only nodes on the same machine are admitted; set peerKeyFile")]
    NotLoopback = 5,
    #[error("too many links are open")]
    Crowded = 6,
}

impl Refusal {
    const ALL: [Self; 6] =
        [Self::Version, Self::Cluster, Self::Name, Self::Key, Self::NotLoopback, Self::Crowded];

    pub(super) fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| *refusal as u8 == number)
    }
}

/// How a hello ended without a link.
#[derive(Debug, thiserror::Error)]
pub(in crate::peers) enum NoHello {
    #[error("the peer was refused: {0}")]
    Refused(Refusal),
    #[error("the peer refused this node: {0}")]
    RefusedByPeer(Refusal),
    #[error("what came is not the peer protocol")]
    NotAPeer,
    #[error("the peer took too long")]
    TooSlow,
    #[error("no certificate of the cluster's authority, or no TLS: {0}")]
    Tls(#[source] io::Error),
    #[error("the connection failed: {0}")]
    Failed(#[from] io::Error),
}

impl NoHello {
    /// The word under which it is counted.
    pub(in crate::peers) fn word(&self) -> HelloRefused {
        match self {
            Self::Refused(refusal) => match refusal {
                Refusal::Version => HelloRefused::Version,
                Refusal::Cluster => HelloRefused::Cluster,
                Refusal::Name => HelloRefused::Name,
                Refusal::Key => HelloRefused::Key,
                Refusal::NotLoopback => HelloRefused::NotLoopback,
                Refusal::Crowded => HelloRefused::Crowded,
            },
            Self::RefusedByPeer(_) => HelloRefused::ByPeer,
            Self::NotAPeer => HelloRefused::NotAPeer,
            Self::TooSlow => HelloRefused::TooSlow,
            Self::Tls(_) => HelloRefused::Tls,
            Self::Failed(_) => HelloRefused::Failed,
        }
    }
}
