//! Peers that leave at the wrong moment.

use cloakroom_node::metrics::ConnectionClosed;

use crate::eventually::eventually;
use crate::node::Node;
use crate::request;

#[test]
fn a_complete_request_is_answered_although_the_peer_sends_no_more() {
    let node = Node::start();
    let mut client = node.client();
    client.send(&request::set("key", b"content"));
    client.close_sending();
    assert_eq!(client.answer().status, "200 OK");
    assert_eq!(client.rest(), b"");
    assert_eq!(node.client().get("key"), Some(b"content".to_vec()));
}

#[test]
fn a_request_broken_off_changes_nothing_and_is_not_answered() {
    let node = Node::start();
    node.client().set("key", b"before");
    let whole = request::set("key", &[b'x'; 200_000]);
    for sent in [1, 20, 150, 100_000, whole.len() - 1] {
        let mut client = node.client();
        client.send(&whole[..sent]);
        client.close_sending();
        assert_eq!(client.rest(), b"", "after {sent} bytes");
        assert_eq!(node.client().get("key"), Some(b"before".to_vec()), "after {sent} bytes");
    }
}

#[test]
fn resets_harm_nobody() {
    let node = Node::start();
    node.beside_a_good_client(|| {
        for sent in 0..200 {
            let mut client = node.client();
            client.send(&request::set("key", &[b'x'; 200])[..sent]);
            client.reset();
        }
    });
    eventually("all places are free again", || node.metrics.connections_open.get() <= 1);
}

/// Its answer is larger than all buffers between, so the node knows that it did not arrive.
#[test]
fn a_lock_granted_to_a_peer_that_left_is_given_back() {
    let node = Node::start();
    let mut other = node.client();
    other.set("key", &vec![b'x'; 16 << 20]);
    let mut client = node.client();
    client.send(&request::acquire("key"));
    eventually("the lock is granted", || other.exchange(&request::get("key")).status == "423 Locked");
    client.reset();
    eventually("the lock is given back", || other.exchange(&request::acquire("key")).status == "200 OK");
    assert_eq!(node.metrics.undelivered_acquires.get(), 1);
    assert_eq!(node.metrics.connections_closed.get(ConnectionClosed::Error), 1);
}
