//! The nodes of a cluster and whose each session is, as one discovery showed them.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_ring::Placement;

use crate::node::Node;
use crate::{Server, Servers, Session, Settings, choose};

/// One look at a cluster, ready for the question whom to ask; none yet by default.
#[derive(Debug, Default)]
pub(crate) struct Route {
    servers: Vec<Server>,
    /// One for each server.
    pub(crate) nodes: Vec<Arc<Node>>,
    placement: Option<Placement>,
}

impl Route {
    /// The route after `servers` were seen. Nodes that were on the one `before` keep their connections and what is known
    /// of their health.
    pub(crate) fn new(servers: &Servers, before: &[Arc<Node>], settings: &Settings, now: Duration) -> Self {
        let node = |server: &Server| {
            let known = before.iter().find(|node| node.address == server.address);
            known.map_or_else(|| Node::new(server.address, settings, now), Arc::clone)
        };
        let nodes = servers.servers.iter().map(node).collect();
        // The name of no member: a client owns nothing.
        let placement = servers.ring.as_ref().map(|ring| Placement::new(Arc::clone(ring), ""));
        Self { servers: servers.servers.clone(), nodes, placement }
    }

    /// The node to ask if nothing speaks against it.
    pub(crate) fn first(&self, session: &Session) -> Option<&Arc<Node>> {
        let first = choose::first_server(self.placement.as_ref(), self.nodes.len(), session.key_hash());
        first.map(|first| &self.nodes[first])
    }

    /// Servers in the session's order, with the epoch of the ring that says so.
    pub(crate) fn order(&self, session: &Session) -> (Option<u64>, impl Iterator<Item = usize>) {
        let order = choose::servers(self.placement.as_ref(), self.nodes.len(), session.key_hash());
        (self.placement.as_ref().map(Placement::epoch).filter(|epoch| *epoch > 0), order.into_iter())
    }

    pub(crate) fn server(&self, index: usize) -> &Server {
        &self.servers[index]
    }
}
