//! Why no node was found.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use cloakroom_ring::BadRing;

/// Why no node was found, and what to write instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// There is nothing to look at.
    #[error("no server is named: name at least one, such as 10.0.0.1:42424")]
    Nowhere,
    /// Not a host and a port.
    #[error("{0:?} is not a host and a port: write both, such as shop.example:42424 or [2001:db8::7]:42424")]
    NoAddress(String),
    /// None of the names leads to an address.
    #[error("{name:?} leads to no address: {source}")]
    Unresolved {
        /// As given.
        name: String,
        /// What the system's resolver says.
        source: io::Error,
    },
    /// The file cannot be read.
    #[error("cannot read the ring from {}: {source}: name the file that the cluster's ring is mounted as", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What was read is no ring.
    #[error("{from} shows no ring: {source}")]
    BadRing {
        /// Who said so.
        from: String,
        /// What is wrong with it.
        source: BadRing,
    },
    /// A ring of others.
    #[error(
        "this is the ring of cluster {now:?} and not of {before:?} as before: it counts once nobody shows the other"
    )]
    OtherCluster {
        /// Whose nodes were found first.
        before: String,
        /// Whose ring this is.
        now: String,
    },
    /// No name that DNS could have.
    #[error("{0:?} is no name: write one such as shop-peers.shop.svc.cluster.local. or shop.example:42424")]
    NoName(String),
    /// DNS has nothing under the name.
    #[error("{0} has no SRV, A or AAAA record: name the Service of the nodes, with its namespace")]
    NoRecords(String),
    /// DNS did not answer, or not so that it could be understood.
    #[error("{name} cannot be looked up: {why}")]
    Lookup {
        /// What was asked for.
        name: String,
        /// What went wrong.
        why: String,
    },
    /// The admin port is not there, or shows no ring.
    #[error("it cannot be listened to: {0}")]
    Unheard(String),
    /// The admin port says nothing any more.
    #[error("it has said nothing for {0:?}")]
    Silent(Duration),
    /// None of the admin ports shows one.
    #[error(
        "no ring is shown: {0}: name the admin ports of nodes that are members of a cluster, such as 10.0.0.1:9424"
    )]
    NoRing(String),
}
