//! However the bytes arrive, requests are found in them and answered in order.

use std::io::Write;
use std::thread;

use crate::client::Answer;
use crate::node::Node;
use crate::request;

const MIB: usize = 1024 * 1024;

fn found(body: &[u8]) -> Answer {
    Answer { status: "200 OK".to_owned(), body: body.to_vec() }
}

#[test]
fn a_request_may_arrive_byte_by_byte() {
    let node = Node::start();
    let mut client = node.client();
    for request in [request::set("key", b"content"), request::get("key")] {
        for byte in &request {
            node.deliver(&mut client, &[*byte]);
        }
    }
    assert_eq!(client.answer(), found(b""));
    assert_eq!(client.answer(), found(b"content"));
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    const REQUESTS: usize = 20_000;
    let node = Node::start();
    let mut client = node.client();
    let content = |number: usize| format!("content {number}").into_bytes();
    for number in 0..10 {
        client.set(&number.to_string(), &content(number));
    }
    let mut sender = client.sender();
    thread::scope(|scope| {
        scope.spawn(move || {
            let requests: Vec<_> =
                (0..REQUESTS).flat_map(|number| request::get(&(number % 10).to_string())).collect();
            sender.write_all(&requests).expect("the node reads on");
        });
        for number in 0..REQUESTS {
            assert_eq!(client.answer(), found(&content(number % 10)), "answer {number}");
        }
    });
}

/// Bodies on both sides of every size at which the way of reading or writing changes.
#[test]
fn bodies_of_every_size_come_back_as_they_were() {
    let node = Node::start();
    let mut client = node.client();
    let edges = [1, 16 * 1024, 64 * 1024, MIB, 16 * MIB];
    for size in
        edges.into_iter().flat_map(|edge| [edge, edge - edge.min(200), edge + 1]).filter(|size| *size > 0)
    {
        let body: Vec<u8> = (0..=250).cycle().take(size).collect();
        client.set("key", &body);
        assert_eq!(client.get("key"), Some(body), "{size} bytes");
    }
}

/// Large answers to one read: more than the socket takes, so the rest of the requests must wait.
#[test]
fn pipelined_large_answers_wait_for_their_reader() {
    let node = Node::start();
    let mut client = node.client();
    let body = vec![b'l'; 2 * MIB];
    client.set("large", &body);
    client.set("small", b"small");
    client.send(&[request::get("large"), request::get("small")].concat().repeat(16));
    for number in 0..16 {
        assert_eq!(client.answer(), found(&body), "{number}");
        assert_eq!(client.answer(), found(b"small"), "{number}");
    }
}

/// A body where none is looked at is still part of its request.
#[test]
fn a_body_on_a_read_is_skipped() {
    let node = Node::start();
    let mut client = node.client();
    client.set("key", b"content");
    for size in [7, 100_000, 3 * MIB] {
        let head = format!("GET key HTTP/1.1\r\nContent-Length: {size}\r\n\r\n").into_bytes();
        client.send(&[head, request::get("x").into_iter().cycle().take(size).collect()].concat());
        assert_eq!(client.answer(), found(b"content"), "{size} bytes");
        assert_eq!(client.get("key"), Some(b"content".to_vec()), "after {size} bytes");
    }
}

/// Bodies that together exceed what may be held are received one after the other, not refused.
#[test]
fn bodies_beyond_the_memory_for_them_take_turns() {
    const CLIENTS: usize = 12;
    let node = Node::with(|config| config.limits.in_flight_bytes = MIB as u64);
    let body = vec![b'b'; MIB];
    let half = body.len() / 2;
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| node.client()).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.send(&request::set_head(&number.to_string(), body.len()));
        client.send(&body[..half]);
    }
    thread::scope(|scope| {
        for (number, mut client) in clients.into_iter().enumerate() {
            let body = &body;
            scope.spawn(move || {
                client.send(&body[half..]);
                assert_eq!(client.answer(), found(b""), "client {number}");
                assert_eq!(client.get(&number.to_string()).as_ref(), Some(body), "client {number}");
            });
        }
    });
}
