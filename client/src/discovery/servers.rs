//! The nodes as they were last seen.

use std::net::SocketAddr;
use std::sync::Arc;

use cloakroom_ring::Ring;

/// A node, where clients reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its name in the ring, if whoever named it knows.
    pub name: Option<Arc<str>>,
    /// Where it answers clients.
    pub address: SocketAddr,
}

/// The nodes of one cluster at one moment. There is always one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Servers {
    /// In the order of the ring's members if there is a ring, the same number of them; by address otherwise.
    pub servers: Vec<Server>,
    /// Says whose a session is: its member of some index is the server of that index. Where only the names of the nodes
    /// are known, a ring of them with epoch 0, which no published ring has.
    pub ring: Option<Arc<Ring>>,
}
