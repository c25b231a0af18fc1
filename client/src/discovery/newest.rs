//! Of all rings that are shown, the one to go by.

use std::net::SocketAddr;
use std::sync::Arc;

use cloakroom_ring::{Member, Ring};

use super::{DiscoveryError, Server, Servers};

/// The newest ring of one cluster: which, the first ring says.
#[derive(Debug)]
pub(super) struct Newest {
    /// Instead of the one that a ring shows.
    port: Option<u16>,
    last: Option<(Arc<Ring>, Arc<Servers>)>,
}

impl Newest {
    pub(super) fn new(port: Option<u16>) -> Self {
        Self { port, last: None }
    }

    /// Whether `ring` is of another cluster than those before.
    pub(super) fn is_other(&self, ring: &Ring) -> bool {
        self.last.as_ref().is_some_and(|(last, _)| last.cluster != ring.cluster)
    }

    /// The next ring is the first, whosever it is.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    /// The nodes by the newest ring once this one has been shown: rings arrive by several ways, and a slow one must
    /// not bring back what is over.
    ///
    /// # Errors
    /// [`DiscoveryError::OtherCluster`].
    pub(super) fn shown(&mut self, ring: Ring) -> Result<Arc<Servers>, DiscoveryError> {
        if let Some((last, servers)) = &self.last {
            if self.is_other(&ring) {
                return Err(DiscoveryError::OtherCluster { before: last.cluster.clone(), now: ring.cluster });
            }
            if last.epoch >= ring.epoch {
                return Ok(Arc::clone(servers));
            }
        }
        let ring = Arc::new(ring);
        let servers = ring.members.iter().map(|member| self.server(member)).collect();
        let servers = Arc::new(Servers { servers, ring: Some(Arc::clone(&ring)) });
        self.last = Some((ring, Arc::clone(&servers)));
        Ok(servers)
    }

    fn server(&self, member: &Member) -> Server {
        let address = member.clients();
        let port = self.port.unwrap_or(address.port());
        Server { name: Some(member.name.as_str().into()), address: SocketAddr::new(address.ip(), port) }
    }
}
