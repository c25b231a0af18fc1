//! How nodes are found: the first look, what changes, and what is not believed.

mod fixed;
mod ring_watch;

use std::sync::Arc;
use std::time::Duration;

use cloakroom_client::{Discovery, DiscoveryError, Servers};
use cloakroom_ring::{Member, Ring, State};
use tokio::sync::watch::Receiver;
use tokio::time::timeout;

/// Only a failing test waits that long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A ring of cluster `shop`; each member is its name and the last byte of its address.
fn ring(epoch: u64, members: &[(&str, u8)]) -> Ring {
    let member = |(name, last): &(&str, u8)| Member {
        name: (*name).to_owned(),
        pod_uid: String::new(),
        address: ([10, 0, 0, *last], 42_425).into(),
        clients: None,
        state: State::Active,
    };
    let members = members.iter().map(member).collect();
    Ring { cluster: "shop".to_owned(), epoch, members, unsettled: Vec::new(), lossy: false }
}

/// `name@address` of all, and the epoch.
fn shown(servers: &Servers) -> String {
    let server = |server: &cloakroom_client::Server| {
        format!("{}@{}", server.name.as_deref().unwrap_or_default(), server.address)
    };
    let mut shown: Vec<_> = servers.servers.iter().map(server).collect();
    shown.extend(servers.ring.as_ref().map(|ring| ring.epoch.to_string()));
    shown.join(" ")
}

/// Waits until the nodes are those.
async fn check(told: &mut Receiver<Arc<Servers>>, expected: &str) {
    let found = timeout(PATIENCE, told.wait_for(|servers| shown(servers) == expected)).await.is_ok();
    assert!(found, "{} never became {expected}", shown(&told.borrow()));
}

/// The first look fails, and says so.
async fn check_refused(discovery: Result<Discovery, DiscoveryError>, parts: &[&str]) {
    let error = match discovery {
        Ok(discovery) => timeout(PATIENCE, discovery.start()).await.unwrap().unwrap_err(),
        Err(error) => error,
    };
    let said = error.to_string();
    assert!(parts.iter().all(|part| said.contains(part)), "{said}");
}
