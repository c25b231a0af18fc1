//! Nodes by DNS.

mod name;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use cloakroom_ring::{CLIENTS_PORT, MEMBERS_MAX, Member, Ring, State};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{LookupIpStrategy, ResolverOpts};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::NetError;
use hickory_resolver::proto::rr::rdata::SRV;
use hickory_resolver::proto::rr::{Name, RData};

use super::follow::Look;
use super::{DiscoveryError, Server, Servers};

pub(super) use name::DnsName;

/// How often it is asked.
pub(super) const LOOK: Duration = Duration::from_secs(3);
/// Records may live for hours; a node does not stay where it was so long.
const CACHED: Duration = Duration::from_secs(2);

pub(super) struct Dns {
    resolver: TokioResolver,
    name: DnsName,
    /// Of address records.
    port: u16,
}

impl Dns {
    /// As this system looks up names.
    pub(super) fn of_system(name: DnsName, port: Option<u16>) -> Result<Self, DiscoveryError> {
        let failed = |error: NetError| lookup(&name.to_string(), &error);
        let mut builder = TokioResolver::builder_tokio().map_err(failed)?;
        prepare(builder.options_mut());
        let resolver = builder.build().map_err(failed)?;
        Ok(Self::new(resolver, name, port))
    }

    fn new(resolver: TokioResolver, name: DnsName, port: Option<u16>) -> Self {
        let port = name.port().or(port).unwrap_or(CLIENTS_PORT);
        Self { resolver, name, port }
    }

    /// The nodes that SRV records name; `None` if there are no such records.
    async fn services(&self, name: &str) -> Result<Option<Arc<Servers>>, DiscoveryError> {
        let found = match self.resolver.srv_lookup(name).await {
            Ok(found) => found,
            Err(error) if error.is_no_records_found() => return Ok(None),
            Err(error) => return Err(lookup(name, &error)),
        };
        let mut servers = Vec::new();
        for record in found.answers().iter().take(MEMBERS_MAX) {
            if let RData::SRV(service) = &record.data
                && let Some(ip) = self.address(&found, service).await?
            {
                let address = SocketAddr::new(ip, service.port);
                servers.push(Server { name: Some(first_label(&service.target).into()), address });
            }
        }
        servers.sort_by(|one, other| (&one.name, one.address).cmp(&(&other.name, other.address)));
        let ring = ring_of(name, &servers);
        Ok((!servers.is_empty()).then(|| Arc::new(Servers { servers, ring })))
    }

    /// Where a target is: servers usually say so in the same answer. `None` if it has no address any more.
    async fn address(&self, found: &Lookup, service: &SRV) -> Result<Option<IpAddr>, DiscoveryError> {
        let target = &service.target;
        let told = found.additionals().iter().filter(|record| record.name == *target);
        if let Some(ip) = told.filter_map(|record| record.data.ip_addr()).next() {
            return Ok(Some(ip));
        }
        match self.resolver.lookup_ip(target.clone()).await {
            Ok(addresses) => Ok(addresses.iter().next()),
            Err(error) if error.is_no_records_found() => Ok(None),
            Err(error) => Err(lookup(&target.to_string(), &error)),
        }
    }

    async fn addresses(&self, name: &str) -> Result<Arc<Servers>, DiscoveryError> {
        let found = match self.resolver.lookup_ip(name).await {
            Ok(found) => found,
            Err(error) if error.is_no_records_found() => {
                return Err(DiscoveryError::NoRecords(name.to_owned()));
            }
            Err(error) => return Err(lookup(name, &error)),
        };
        let mut addresses: Vec<_> = found.iter().map(|ip| SocketAddr::new(ip, self.port)).collect();
        addresses.sort_unstable();
        addresses.truncate(MEMBERS_MAX);
        let servers = addresses.into_iter().map(|address| Server { name: None, address }).collect();
        Ok(Arc::new(Servers { servers, ring: None }))
    }
}

impl Look for Dns {
    async fn look(&mut self) -> Result<Arc<Servers>, DiscoveryError> {
        if let Some(service) = self.name.service()
            && let Some(servers) = self.services(&service).await?
        {
            return Ok(servers);
        }
        match self.name.host() {
            Some(host) => self.addresses(host).await,
            None => Err(DiscoveryError::NoRecords(self.name.to_string())),
        }
    }
}

fn prepare(options: &mut ResolverOpts) {
    options.positive_max_ttl = Some(CACHED);
    options.negative_max_ttl = Some(CACHED);
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
}

/// Places sessions by the names of nodes alone. `None` if two of them have one name, or one has none that a ring could
/// have: then nobody knows whose a session is.
fn ring_of(name: &str, servers: &[Server]) -> Option<Arc<Ring>> {
    let member = |server: &Server| {
        Some(Member {
            name: server.name.as_deref()?.to_owned(),
            pod_uid: String::new(),
            address: server.address,
            clients: Some(server.address),
            state: State::Active,
        })
    };
    let members = servers.iter().map(member).collect::<Option<_>>()?;
    let cluster = name.trim_end_matches('.').to_owned();
    let mut ring = Ring { cluster, epoch: 1, members, unsettled: Vec::new(), lossy: false };
    ring.check().ok()?;
    // None that was published has it.
    ring.epoch = 0;
    Some(Arc::new(ring))
}

fn first_label(name: &Name) -> String {
    name.iter().next().map(|label| String::from_utf8_lossy(label).into_owned()).unwrap_or_default()
}

fn lookup(name: &str, error: &NetError) -> DiscoveryError {
    DiscoveryError::Lookup { name: name.to_owned(), why: error.to_string() }
}
