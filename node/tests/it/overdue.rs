//! Peers that are too slow are closed without an answer, whatever they were slow at; a deadline never
//! moves for a byte.

use std::time::Duration;

use cloakroom_node::metrics::ConnectionClosed;

use crate::client::Client;
use crate::eventually::eventually;
use crate::node::Node;
use crate::request;

const SECOND: Duration = Duration::from_secs(1);

fn check_closed(node: &Node, client: &mut Client, reason: ConnectionClosed) {
    assert_eq!(client.rest(), b"", "{reason:?}");
    eventually("the close is counted", || node.metrics.connections_closed.get(reason) == 1);
}

#[test]
fn a_head_has_five_seconds_from_its_first_byte() {
    let node = Node::start();
    let mut slow = node.client();
    for byte in b"GET" {
        node.deliver(&mut slow, &[*byte]);
        node.advance(2 * SECOND);
    }
    check_closed(&node, &mut slow, ConnectionClosed::HeadTimeout);
}

#[test]
fn a_body_must_come_at_the_least_rate() {
    let node = Node::with(|config| config.limits.body_bytes_per_second = 1_000);
    let mut slow = node.client();
    node.deliver(&mut slow, &request::set_head("key", 10_000));
    node.advance(14 * SECOND);
    node.deliver(&mut slow, b"in time, so the connection is still open");
    node.advance(2 * SECOND);
    check_closed(&node, &mut slow, ConnectionClosed::BodyTimeout);
    assert_eq!(node.client().get("key"), None, "nothing was stored");
}

#[test]
fn a_body_that_stops_coming_does_not_hold_what_it_was_lent() {
    let node = Node::start();
    let mut stalled = node.client();
    let body = vec![b'x'; 4 << 20];
    node.deliver(&mut stalled, &request::set_head("key", body.len()));
    node.deliver(&mut stalled, &body[1..]);
    node.advance(29 * SECOND);
    node.deliver(&mut stalled, b"");
    node.advance(2 * SECOND);
    check_closed(&node, &mut stalled, ConnectionClosed::BodyTimeout);
    assert_eq!(node.client().get("key"), None, "nothing was stored");
}

#[test]
fn a_silent_connection_is_closed() {
    let node = Node::start();
    let mut silent = node.client();
    assert_eq!(silent.get("key"), None);
    node.advance(119 * SECOND);
    assert_eq!(silent.get("key"), None, "still open, and silent from now");
    node.advance(121 * SECOND);
    check_closed(&node, &mut silent, ConnectionClosed::Idle);
}

#[test]
fn a_peer_that_does_not_read_is_closed() {
    let node = Node::start();
    let mut deaf = node.client();
    deaf.set("key", &vec![b'x'; 16 << 20]);
    deaf.send(&request::get("key").repeat(4));
    eventually("the node gives up", || {
        node.advance(31 * SECOND);
        node.metrics.connections_closed.get(ConnectionClosed::WriteStall) == 1
    });
    assert_eq!(node.client().get("other"), None, "others are served");
}

#[test]
fn a_slow_peer_costs_the_others_nothing() {
    let node = Node::start();
    let mut slow: Vec<_> = (0..50).map(|_| node.client()).collect();
    for client in &mut slow {
        node.deliver(client, b"PUT key HTTP/1.1\r\nContent-Le");
    }
    node.beside_a_good_client(|| {
        node.advance(6 * SECOND);
        for client in &mut slow {
            assert_eq!(client.rest(), b"");
        }
    });
    eventually("all are counted", || {
        node.metrics.connections_closed.get(ConnectionClosed::HeadTimeout) == 50
    });
}
