//! A node as a ring names it.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// The port at which clients reach a node unless its ring says otherwise: that of the original service.
pub const CLIENTS_PORT: u16 = 42_424;

/// A node of the cluster. Its name is its identity: a restart under the same name moves no session.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The pod's name, or whatever the node was told to call itself.
    pub name: String,
    /// Which pod of that name; empty where there are no pods.
    #[serde(rename = "podUID", default)]
    pub pod_uid: String,
    /// Where its peers reach it.
    pub address: SocketAddr,
    /// Where its clients reach it, if that cannot be told from `address`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<SocketAddr>,
    /// What it is there for.
    pub state: State,
}

impl Member {
    /// Where clients reach it: as the ring says, or else at its peers' address and [`CLIENTS_PORT`].
    pub fn clients(&self) -> SocketAddr {
        self.clients.unwrap_or(SocketAddr::new(self.address.ip(), CLIENTS_PORT))
    }
}

/// What a member is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum State {
    /// Owns its share of the sessions.
    Active,
    /// Hands its sessions over and owns none, unless nobody is Active.
    Draining,
}

/// A member of an earlier ring: what is needed to compute who owned a session then.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Former {
    /// As in [`Member`].
    pub name: String,
    /// As in [`Member`], then.
    pub state: State,
    /// It has acted on a later ring and handed over all that it did not own under that: under the
    /// ring it is a member of here, nobody need ask it for anything, or fear that it still serves.
    #[serde(default)]
    pub settled: bool,
}
