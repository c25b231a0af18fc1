//! Who may ask at a gateway, and for what.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_node::entropy;
use cloakroom_node::metrics::Metrics;
use cloakroom_node::peers::{Answered, Ask, NoAnswer, Peers as _, PeersConfig, Question, Reply, TcpPeers};
use cloakroom_ring::{Member, Ring, State};

use super::site::{KEY, World};
use crate::client::{block_on, key};

const PATIENCE: Duration = Duration::from_secs(10);

/// What a node named `name` of `group` with `secret` is told when it asks `expected` at `address`.
fn ask(
    address: SocketAddr,
    expected: &str,
    (name, group, secret): (&str, &str, [u8; 32]),
    ask: Ask,
) -> Result<Reply, NoAnswer> {
    block_on(async {
        let config = PeersConfig {
            name: name.to_owned(),
            inc: 1,
            cluster: group.to_owned(),
            key: Some(Arc::from(secret.as_slice())),
            tls: None,
            nonce: entropy::nonce,
        };
        let peers = TcpPeers::new(config, Arc::new(Metrics::new("test", 0))).expect("no certificates");
        let west = Member {
            name: expected.to_owned(),
            pod_uid: String::new(),
            address,
            clients: None,
            state: State::Active,
        };
        let answered = peers.ask(&west, Question { epoch: 1, ask }, PATIENCE).await;
        answered.map(|Answered { reply, .. }| reply)
    })
}

#[test]
fn only_gateways_are_admitted_and_only_to_sessions() {
    let world = World::start("");
    world.west.put(7, b"body");
    let (gateway, member) = (world.west.gateway, ("3.north", "test/shop", KEY));
    let beacon = || Ask::Beacon { settled: 0 };
    assert_eq!(ask(gateway, "1.west", member, beacon()), Ok(Reply::Beacon { settled: 0 }));
    for other in ["2.west", "1.east"] {
        assert_eq!(ask(gateway, other, member, beacon()), Err(NoAnswer::NotSent), "{other}");
    }
    for stranger in
        [("3.north", "test/shop", [7; 32]), ("3.north", "test/other", KEY), ("1.west", "test/shop", KEY)]
    {
        assert_eq!(ask(gateway, "1.west", stranger, beacon()), Err(NoAnswer::NotSent), "{stranger:?}");
    }
    let ring =
        Ring { cluster: "test".to_owned(), epoch: 9, members: vec![], unsettled: vec![], lossy: false };
    for forbidden in [Ask::Adopt(Arc::new(ring)), Ask::Take { key: key(7).into() }, Ask::Push(vec![])] {
        let kind = format!("{forbidden:?}");
        let answered = ask(gateway, "1.west", member, forbidden);
        // Some are no message at all, and close the link.
        assert!(matches!(answered, Ok(Reply::Unavailable) | Err(NoAnswer::Unknown)), "{kind} {answered:?}");
    }
    assert!(world.west.counted("cloakroom_gateway_answers_total{result=\"refused\"}") > 0);
    assert_eq!(world.west.counted("cloakroom_ring_epoch"), 2, "both of its nodes are where they were");
    assert_eq!(world.west.body(7), b"body");
}
