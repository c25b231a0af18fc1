//! A node as a ring names it.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

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
    /// What it is there for.
    pub state: State,
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
