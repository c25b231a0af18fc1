//! How many may connect.

use cloakroom_node::metrics::ConnectionRefused;

use crate::client::Client;
use crate::eventually::eventually;
use crate::node::Node;

#[test]
fn connections_beyond_the_limit_are_closed_at_once() {
    let node = Node::with(|config| config.limits.connections = 3);
    let mut admitted: Vec<_> = (0..3).map(|_| node.client()).collect();
    for client in &mut admitted {
        assert_eq!(client.get("key"), None, "admitted");
    }
    for _ in 0..5 {
        assert_eq!(node.client().rest(), b"", "turned away");
    }
    assert_eq!(node.metrics.connections_refused.get(ConnectionRefused::Limit), 5);
    for client in &mut admitted {
        assert_eq!(client.get("key"), None, "still served");
    }
    drop(admitted.pop());
    eventually("a place is free again", || node.metrics.connections_open.get() == 2);
    assert_eq!(node.client().get("key"), None, "admitted in its place");
}

#[test]
fn one_source_cannot_take_every_place() {
    let node = Node::with(|config| config.limits.connections_per_source = 2);
    let from = |last| Client::connect_from([127, 0, 0, last], node.address);
    let mut greedy = [from(1), from(1)];
    for client in &mut greedy {
        assert_eq!(client.get("key"), None, "admitted");
    }
    assert_eq!(from(1).rest(), b"", "turned away");
    assert_eq!(node.metrics.connections_refused.get(ConnectionRefused::SourceLimit), 1);
    assert_eq!(from(2).get("key"), None, "another source is served");
}
