//! Nodes by a fixed list. Names in it are looked up again and again, because addresses change behind them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::lookup_host;

use super::follow::Look;
use super::{DiscoveryError, Server, Servers, host};

/// How often names are looked up.
pub(super) const LOOK: Duration = Duration::from_secs(10);

/// A checked list.
#[derive(Clone, Debug)]
pub(super) struct Fixed(Vec<Place>);

#[derive(Clone, Debug)]
struct Place {
    /// `host:port`.
    name: String,
    /// Where that led when it was last known.
    addresses: Vec<SocketAddr>,
    /// It could not be looked up the last time, and that was told.
    failing: bool,
}

impl Fixed {
    pub(super) fn new(servers: Vec<String>) -> Result<Self, DiscoveryError> {
        let place = |name| Place { name, addresses: Vec::new(), failing: false };
        Ok(Self(host::checked(servers)?.into_iter().map(place).collect()))
    }
}

impl Look for Fixed {
    async fn look(&mut self) -> Result<Arc<Servers>, DiscoveryError> {
        let mut failure = None;
        for place in &mut self.0 {
            match lookup_host(&place.name).await {
                Ok(found) => {
                    place.addresses = found.collect();
                    place.failing = false;
                }
                Err(source) => {
                    if !std::mem::replace(&mut place.failing, true) {
                        tracing::warn!(name = place.name, %source, "a name leads nowhere; going on with where it led");
                    }
                    failure = Some(DiscoveryError::Unresolved { name: place.name.clone(), source });
                }
            }
        }
        let mut addresses: Vec<_> = self.0.iter().flat_map(|place| place.addresses.iter().copied()).collect();
        addresses.sort_unstable();
        addresses.dedup();
        if addresses.is_empty() {
            return Err(failure.unwrap_or(DiscoveryError::Nowhere));
        }
        let servers = addresses.into_iter().map(|address| Server { name: None, address }).collect();
        Ok(Arc::new(Servers { servers, ring: None }))
    }
}
