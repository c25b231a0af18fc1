//! Where the nodes of a cluster are, followed while they come and go.
//!
//! Whatever shows the nodes, the rules are the same. The first look finds a node or says what to write instead; a
//! later one that fails changes nothing, because nodes that were there a moment ago are more likely to be there than
//! none. Nobody is taken off the list for being silent: that is for whoever asks them to judge.

#[cfg(feature = "dns")]
mod dns;
mod error;
mod fixed;
mod follow;
mod host;
mod newest;
mod ring_file;
#[cfg(feature = "ring-watch")]
mod ring_watch;
mod servers;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

pub use error::DiscoveryError;
pub use servers::{Server, Servers};

#[cfg(feature = "dns")]
use dns::{Dns, DnsName};
use fixed::Fixed;
use follow::follow;
use ring_file::RingFile;
#[cfg(feature = "ring-watch")]
use ring_watch::RingWatch;

/// How the nodes of one cluster are found.
#[derive(Clone, Debug)]
pub struct Discovery {
    way: Way,
    port: Option<u16>,
}

#[derive(Clone, Debug)]
enum Way {
    Fixed(Fixed),
    RingFile(PathBuf),
    #[cfg(feature = "dns")]
    Dns(DnsName),
    #[cfg(feature = "ring-watch")]
    RingWatch(Vec<String>),
}

impl Discovery {
    /// By a list of them, `host:port` each, where host is a name or an address (IPv6 in brackets). Any of them serves
    /// every session, at the price of one hop more where it is not the session's owner.
    ///
    /// # Errors
    /// [`DiscoveryError::Nowhere`], [`DiscoveryError::NoAddress`].
    pub fn fixed<S: Into<String>>(servers: impl IntoIterator<Item = S>) -> Result<Self, DiscoveryError> {
        let servers = servers.into_iter().map(Into::into).collect();
        Ok(Self::by(Way::Fixed(Fixed::new(servers)?)))
    }

    /// By the cluster's ring in a file, such as a mounted ConfigMap. It is looked at once a second.
    pub fn ring_file(path: impl Into<PathBuf>) -> Self {
        Self::by(Way::RingFile(path.into()))
    }

    /// By DNS, asked every few seconds as this system is configured to.
    ///
    /// | name | what is asked |
    /// |---|---|
    /// | `shop-peers.shop.svc.cluster.local.` | SRV of `_state._tcp.` and that, and A and AAAA where there is none |
    /// | `_state-tls._tcp.shop-peers.shop.svc.cluster.local.` | SRV alone |
    /// | `shop.example:42424` | A and AAAA |
    ///
    /// Of SRV, the first label of each target is taken for the node's name in the ring, as it is for pods behind a
    /// headless Service; sessions then go to their owners. A name that ends with a dot is complete; any other is tried
    /// with the system's search list as well, which in Kubernetes costs several questions each time.
    ///
    /// # Errors
    /// [`DiscoveryError::NoName`].
    #[cfg(feature = "dns")]
    pub fn dns(name: &str) -> Result<Self, DiscoveryError> {
        Ok(Self::by(Way::Dns(name.parse()?)))
    }

    /// By the ring that nodes show on their admin ports, `host:port` each: one of them tells at once what changes, and
    /// the next is asked when it is lost.
    ///
    /// Admin ports are not encrypted. Who can answer in their place decides whom this client asks; that those are nodes,
    /// encryption with a server name makes sure.
    ///
    /// # Errors
    /// [`DiscoveryError::Nowhere`], [`DiscoveryError::NoAddress`].
    #[cfg(feature = "ring-watch")]
    pub fn ring_watch<S: Into<String>>(
        admin_ports: impl IntoIterator<Item = S>,
    ) -> Result<Self, DiscoveryError> {
        Ok(Self::by(Way::RingWatch(host::checked(admin_ports.into_iter().map(Into::into).collect())?)))
    }

    /// Reaches nodes at this port instead of the one that a ring or a name shows, such as the one for encrypted
    /// connections. A fixed list and SRV records say their ports themselves.
    #[must_use]
    pub fn with_port(self, port: u16) -> Self {
        Self { port: Some(port), ..self }
    }

    /// Looks, and then follows what changes until all receivers are gone.
    ///
    /// # Errors
    /// If the first look finds no node.
    pub async fn start(self) -> Result<watch::Receiver<Arc<Servers>>, DiscoveryError> {
        let Self { way, port } = self;
        match way {
            Way::Fixed(fixed) => follow(fixed, fixed::LOOK).await,
            Way::RingFile(path) => follow(RingFile::new(path, port), ring_file::LOOK).await,
            #[cfg(feature = "dns")]
            Way::Dns(name) => follow(Dns::of_system(name, port)?, dns::LOOK).await,
            #[cfg(feature = "ring-watch")]
            Way::RingWatch(admin_ports) => RingWatch::new(admin_ports, port).follow().await,
        }
    }

    fn by(way: Way) -> Self {
        Self { way, port: None }
    }
}
