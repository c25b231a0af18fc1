//! Why a ring is another than the one before, for the event that tells of it.

use std::{fmt, net::SocketAddr};

use crate::count::grouped;

/// One thing that is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    Joins(String),
    PodLeaves(String),
    ScaleIn {
        name: String,
        /// So many nodes are wanted.
        replicas: u32,
    },
    Returns(String),
    /// It had nothing left to hand over.
    Left(String),
    Moved {
        name: String,
        address: SocketAddr,
    },
    Excluded {
        name: String,
        /// What it had when it was last asked.
        sessions: Option<u64>,
    },
    /// The same where its sessions go on from the backing store.
    Replaced(String),
    /// Its pod came back without its volume.
    Emptied {
        name: String,
        /// Whether a backing store has what was on the volume.
        backed: bool,
    },
    /// The backing store is that of a former cluster.
    EpochSeen(u64),
    Woken,
    /// The object was lost or damaged, or is older than what nodes and their volumes remember.
    Rebuilt,
}

impl Why {
    /// Whether sessions are lost by it, but for those that a backing store has.
    pub(crate) fn is_bad(&self) -> bool {
        matches!(
            self,
            Self::Excluded { .. }
                | Self::Replaced(_)
                | Self::Emptied { .. }
                | Self::EpochSeen(_)
                | Self::Rebuilt
        )
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Joins(name) => write!(f, "{name} joins"),
            Self::PodLeaves(name) => write!(f, "{name} is draining, because its pod is being deleted"),
            Self::ScaleIn { name, replicas } => {
                write!(f, "{name} is draining, because spec.replicas is {replicas}")
            }
            Self::Returns(name) => write!(f, "{name} is active again"),
            Self::Left(name) => write!(f, "{name} has handed everything over and is out"),
            Self::Moved { name, address } => write!(f, "{name} is at {address} now"),
            Self::Excluded { name, sessions: Some(sessions) } => write!(
                f,
                "{name} was silent for too long and is out; {} sessions are given up until it comes back",
                grouped(*sessions)
            ),
            Self::Excluded { name, sessions: None } => write!(
                f,
                "{name} was silent for too long and is out; its sessions, nobody knows how many, are given up until it \
                 comes back"
            ),
            Self::Emptied { name, backed: false } => {
                write!(f, "{name} has come back with an empty volume: the sessions that it had are lost")
            }
            Self::Emptied { name, backed: true } => write!(
                f,
                "{name} has come back with an empty volume: its sessions go on from the backing store"
            ),
            Self::Replaced(name) => write!(
                f,
                "{name} was silent for too long and is out; its sessions go on at the others from the backing store"
            ),
            Self::EpochSeen(seen) => write!(
                f,
                "the backing store remembers epoch {seen} of a former cluster, and the count goes on from there"
            ),
            Self::Woken => f.write_str("all members are active again"),
            Self::Rebuilt => f.write_str(
                "made anew, because the ring object was lost, damaged or older than what nodes follow",
            ),
        }
    }
}
