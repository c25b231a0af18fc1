//! A node that stops finishes what it was asked and nothing else.

use std::net::TcpStream;
use std::time::Duration;

use cloakroom_node::metrics::ConnectionClosed;

use crate::binary::Binary;
use crate::node::Node;
use crate::request;

#[test]
fn idle_connections_are_closed_and_no_more_are_accepted() {
    let mut node = Node::start();
    let mut idle = node.client();
    assert_eq!(idle.get("key"), None);
    node.stop();
    assert_eq!(idle.rest(), b"");
    node.stopped();
    assert!(TcpStream::connect(node.address).is_err(), "nobody listens any more");
    assert_eq!(node.metrics.connections_closed.get(ConnectionClosed::Drain), 1);
}

#[test]
fn a_request_under_way_is_finished_and_answered() {
    let mut node = Node::start();
    let request = request::set("key", &[b'x'; 300_000]);
    let mut client = node.client();
    node.deliver(&mut client, &request[..1_000]);
    let mut idle = node.client();
    assert_eq!(idle.get("key"), None);
    node.stop();
    assert_eq!(idle.rest(), b"", "draining has begun");
    client.send(&request[1_000..]);
    assert_eq!(client.answer().status, "200 OK");
    assert_eq!(client.rest(), b"");
    node.stopped();
}

#[test]
fn who_does_not_finish_is_cut_off() {
    let mut node = Node::with(|config| config.drain_timeout = Duration::from_millis(100));
    let mut client = node.client();
    node.deliver(&mut client, b"GET key HT");
    node.stop();
    node.stopped();
    assert_eq!(client.rest(), b"");
}

#[test]
fn the_program_drains_on_sigterm_and_ends_well() {
    let binary = Binary::start();
    let mut idle = binary.client();
    idle.set("key", b"content");
    let status = binary.stop();
    assert!(status.success(), "{status}");
    assert_eq!(idle.rest(), b"");
}
