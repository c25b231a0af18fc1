//! The way to other data centres over TCP: where their gateways are now, and which of several is asked.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_ring::{Member, State};
use futures_util::future::{BoxFuture, join_all};
use parking_lot::Mutex;
use tokio::net::lookup_host;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Links;
use crate::peers::{Answered, Ask, NoAnswer, Question, TcpPeers};

/// How often a name is looked up again.
const LOOK_UP: Duration = Duration::from_secs(5);
/// The same while it stands for nothing.
const LOOK_UP_AGAIN: Duration = Duration::from_secs(1);
/// Addresses of one name beyond which more are not remembered.
const ADDRESSES_MAX: usize = 32;

/// Links to the gateways of other data centres, one to each data centre at a time.
#[derive(Debug)]
pub struct TcpLinks {
    peers: Arc<TcpPeers>,
    routes: BTreeMap<String, Route>,
}

#[derive(Debug)]
struct Route {
    /// What its gateways call themselves.
    identity: String,
    /// As configured: host and port.
    name: String,
    found: Mutex<Found>,
}

/// What its name stands for.
#[derive(Debug, Default)]
struct Found {
    addresses: Vec<SocketAddr>,
    /// Which of them is asked.
    at: usize,
    /// Whether it was looked up.
    looked_up: bool,
    problem: Option<String>,
}

impl TcpLinks {
    /// Links over `peers` to data centres, each a name, what its gateways call themselves, and their `host:port`. Nodes
    /// with different `seed`s begin with different ones of several addresses.
    #[must_use]
    pub fn new(
        peers: Arc<TcpPeers>,
        data_centres: impl IntoIterator<Item = (String, String, String)>,
        seed: u64,
    ) -> Self {
        let at = usize::try_from(seed % ADDRESSES_MAX as u64).expect("less than a list is long");
        let routes = data_centres.into_iter().map(|(data_centre, identity, name)| {
            (data_centre, Route { identity, name, found: Mutex::new(Found { at, ..Found::default() }) })
        });
        Self { peers, routes: routes.collect() }
    }

    /// Looks names up until `stop`.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        join_all(self.routes.values().map(|route| route.look_up(&stop))).await;
    }

    async fn ask_one(
        &self,
        to: &str,
        question: Question,
        over: BoxFuture<'_, ()>,
    ) -> Result<Answered, NoAnswer> {
        let Some(route) = self.routes.get(to) else { return Err(NoAnswer::NotSent) };
        let Some(address) = route.found.lock().current() else { return Err(NoAnswer::NotSent) };
        let probes = matches!(question.ask, Ask::Beacon { .. });
        let member = gateway(&route.identity, address);
        let result = self.peers.ask_until(&member, question, over).await;
        match result {
            Ok(_) => {}
            // Only that one hangs, perhaps, or what stands behind the address: another connection may lead elsewhere.
            Err(NoAnswer::Unknown) if probes => {
                route.found.lock().failed(address);
                self.peers.forget(&route.identity, address);
            }
            Err(NoAnswer::Unknown) => {}
            Err(NoAnswer::NotSent) => route.found.lock().failed(address),
        }
        result
    }
}

/// A gateway as somebody to ask: all of a data centre bear one name.
fn gateway(identity: &str, address: SocketAddr) -> Member {
    Member { name: identity.to_owned(), pod_uid: String::new(), address, state: State::Active, clients: None }
}

impl Links for TcpLinks {
    fn ask<'a>(
        &'a self,
        to: &'a str,
        question: Question,
        over: BoxFuture<'a, ()>,
    ) -> BoxFuture<'a, Result<Answered, NoAnswer>> {
        Box::pin(self.ask_one(to, question, over))
    }

    fn leave(&self, to: &str) {
        let Some(route) = self.routes.get(to) else { return };
        let mut found = route.found.lock();
        if let Some(address) = found.current() {
            found.failed(address);
            self.peers.forget(&route.identity, address);
        }
    }

    fn are_ready(&self, to: &str) -> bool {
        self.routes.get(to).is_none_or(|route| route.found.lock().looked_up)
    }

    fn problem(&self, to: &str) -> Option<String> {
        let route = self.routes.get(to)?;
        let problem = route.found.lock().problem.clone();
        problem.or_else(|| self.peers.problem(&route.identity))
    }
}

impl Route {
    async fn look_up(&self, stop: &CancellationToken) {
        loop {
            let Some(looked_up) = stop.run_until_cancelled(lookup_host(&self.name)).await else { return };
            let wait = self.found.lock().learn(&self.name, looked_up.map(Iterator::collect));
            if timeout(wait, stop.cancelled()).await.is_ok() {
                return;
            }
        }
    }
}

impl Found {
    fn current(&self) -> Option<SocketAddr> {
        self.addresses.get(self.at % self.addresses.len().max(1)).copied()
    }

    /// `address` was of no use: the next one is asked, if that was not decided already.
    fn failed(&mut self, address: SocketAddr) {
        if self.current() == Some(address) {
            self.at = (self.at + 1) % self.addresses.len();
        }
    }

    /// Takes note of what `name` stands for now; returns when to look again. While it cannot be looked up, what was
    /// known is gone by.
    fn learn(&mut self, name: &str, looked_up: io::Result<Vec<SocketAddr>>) -> Duration {
        self.looked_up = true;
        let problem = match looked_up {
            Ok(mut addresses) if !addresses.is_empty() => {
                // Whoever answers puts them in another order each time.
                addresses.sort_unstable();
                addresses.dedup();
                addresses.truncate(ADDRESSES_MAX);
                let same = self.current().and_then(|current| addresses.binary_search(&current).ok());
                self.at = same.unwrap_or(self.at);
                self.addresses = addresses;
                self.problem = None;
                return LOOK_UP;
            }
            Ok(_) => format!("{name} stands for no address"),
            Err(error) => format!("{name} cannot be looked up: {error}"),
        };
        if !self.addresses.is_empty() {
            return LOOK_UP;
        }
        if self.problem.is_none() {
            tracing::warn!(problem, "no way to a data centre");
        }
        self.problem = Some(problem);
        LOOK_UP_AGAIN
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::SocketAddr;

    use super::{ADDRESSES_MAX, Found, LOOK_UP, LOOK_UP_AGAIN};

    fn address(number: usize) -> SocketAddr {
        format!("10.0.{}.{}:42426", number / 200, number % 200 + 1).parse().unwrap()
    }

    fn addresses(numbers: impl IntoIterator<Item = usize>) -> io::Result<Vec<SocketAddr>> {
        Ok(numbers.into_iter().map(address).collect())
    }

    #[test]
    fn several_addresses_are_tried_in_turn_and_one_that_serves_is_kept() {
        let mut found = Found { at: 31, ..Found::default() };
        assert_eq!(found.current(), None);
        assert_eq!(found.learn("gateways", addresses([3, 1, 2])), LOOK_UP);
        let first = found.current().unwrap();
        assert_eq!(first, address(2), "31 among three");
        found.failed(address(1));
        assert_eq!(found.current(), Some(first), "that is not the one that was asked");
        found.failed(first);
        assert_eq!(found.current(), Some(address(3)));
        found.failed(first);
        assert_eq!(found.current(), Some(address(3)), "two who failed together go on by one");
        found.learn("gateways", addresses([9, 3, 0]));
        assert_eq!(found.current(), Some(address(3)));
        found.failed(address(3));
        found.failed(address(9));
        assert_eq!(found.current(), Some(address(0)));
        found.learn("gateways", addresses([4, 5]));
        assert!(found.current().is_some(), "the one that was asked is gone");
        found.learn("gateways", addresses(0..100));
        assert_eq!(found.addresses.len(), ADDRESSES_MAX);
    }

    #[test]
    fn what_is_known_outlives_a_name_server() {
        let gone = || Err(io::Error::other("no name server"));
        let mut found = Found::default();
        assert_eq!(found.learn("gateways", gone()), LOOK_UP_AGAIN);
        assert_eq!(found.problem.as_deref(), Some("gateways cannot be looked up: no name server"));
        assert_eq!(found.learn("gateways", addresses([])), LOOK_UP_AGAIN);
        assert_eq!(found.problem.as_deref(), Some("gateways stands for no address"));
        assert_eq!(found.learn("gateways", addresses([1])), LOOK_UP);
        assert_eq!(found.problem, None);
        assert_eq!(found.learn("gateways", gone()), LOOK_UP);
        assert_eq!((found.current(), found.problem.as_deref()), (Some(address(1)), None));
    }
}
