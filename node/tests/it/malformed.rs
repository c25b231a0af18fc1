//! What cannot be understood is answered 400 and closed, or answered 400 and got over, and harms
//! nobody else.

use rand::{RngExt, SeedableRng};

use crate::client::Answer;
use crate::node::Node;
use crate::request;

const REFUSAL: &[u8] =
    b"400 Bad Request\r\nX-AspNet-Version: 4.0.30319\r\nCache-Control: private\r\nContent-Length: 0\r\n\r\n";

/// Requests after which nobody knows where the next one begins.
fn unframeable() -> Vec<(&'static str, Vec<u8>)> {
    let texts: &[(&str, &str)] = &[
        ("no target", "GET HTTP/1.1\r\n\r\n"),
        ("no version", "GET key\r\n\r\n"),
        ("empty target", "GET  HTTP/1.1\r\n\r\n"),
        ("another protocol", "GET key FTP/1.1\r\n\r\n"),
        ("NUL in the target", "GET k\0y HTTP/1.1\r\n\r\n"),
        ("NUL in a header", "GET key HTTP/1.1\r\nHost: \0\r\n\r\n"),
        ("no colon", "GET key HTTP/1.1\r\nExclusive acquire\r\n\r\n"),
        ("no header name", "GET key HTTP/1.1\r\n: value\r\n\r\n"),
        ("set without a length", "PUT key HTTP/1.1\r\nTimeout:20\r\n\r\n"),
        ("length is a word", "PUT key HTTP/1.1\r\nContent-Length:seven\r\n\r\n"),
        ("negative length", "PUT key HTTP/1.1\r\nContent-Length:-1\r\n\r\n"),
        ("length beyond 32 bits", "PUT key HTTP/1.1\r\nContent-Length:4294967296\r\n\r\n"),
        ("length beyond 64 bits", "PUT key HTTP/1.1\r\nContent-Length:99999999999999999999999\r\n\r\n"),
        ("length beyond the limit", "PUT key HTTP/1.1\r\nContent-Length:2147483647\r\n\r\n"),
        ("two lengths", "PUT key HTTP/1.1\r\nContent-Length:7\r\nContent-Length:8\r\n\r\n1234567"),
        ("chunked", "PUT key HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n1234567\r\n0\r\n\r\n"),
        ("unknown method without a length", "POST key HTTP/1.1\r\n\r\n"),
    ];
    let mut cases: Vec<_> = texts.iter().map(|(name, text)| (*name, text.as_bytes().to_vec())).collect();
    cases.push(("endless target", [&b"GET "[..], &[b'x'; 20_000]].concat()));
    cases.push(("endless headers", [&b"GET key HTTP/1.1\r\n"[..], &b"A: b\r\n".repeat(4_000)].concat()));
    cases.push((
        "too many headers",
        [&b"GET key HTTP/1.1\r\n"[..], &b"A:b\r\n".repeat(101), b"\r\n"].concat(),
    ));
    cases.push(("a TLS greeting", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec()));
    cases
}

#[test]
fn what_cannot_be_framed_is_answered_400_and_closed() {
    let node = Node::start();
    node.beside_a_good_client(|| {
        for (name, request) in unframeable() {
            let mut client = node.client();
            client.send(&request);
            assert_eq!(client.rest(), REFUSAL, "{name}");
        }
    });
    assert_eq!(node.client().get("key"), None, "nothing was stored");
}

/// The peer is still sending when it is refused: closing at once would take the answer away again.
#[test]
fn the_refusal_reaches_a_peer_that_goes_on_sending() {
    let node = Node::with(|config| config.limits.body_bytes = 1024);
    let body = vec![7; 512 * 1024];
    let mut client = node.client();
    client.send(&request::set("key", &body));
    assert_eq!(client.rest(), REFUSAL);
}

/// What is wrong but framed costs its sender nothing but the answer.
#[test]
fn what_is_framed_is_refused_and_the_connection_goes_on() {
    let body = vec![b'x'; 3 * 1024 * 1024];
    let with_body = |head: &str| [head.as_bytes(), &body].concat();
    let cases = [
        ("unknown method", b"POST key HTTP/1.1\r\nContent-Length:7\r\n\r\n1234567".to_vec()),
        ("unknown method, large body", with_body("POST key HTTP/1.1\r\nContent-Length:3145728\r\n\r\n")),
        (
            "bad timeout, large body",
            with_body("PUT key HTTP/1.1\r\nTimeout:-1\r\nContent-Length:3145728\r\n\r\n"),
        ),
        ("unknown exclusive", b"GET key HTTP/1.1\r\nExclusive: maybe\r\n\r\n".to_vec()),
        ("empty body", b"PUT key HTTP/1.1\r\nContent-Length:0\r\n\r\n".to_vec()),
    ];
    let node = Node::start();
    let mut client = node.client();
    for (name, request) in cases {
        let refused = Answer { status: "400 Bad Request".to_owned(), body: Vec::new() };
        assert_eq!(client.exchange(&request), refused, "{name}");
        assert_eq!(client.get("key"), None, "after {name}");
    }
}

#[test]
fn random_bytes_end_a_connection_and_nothing_else() {
    let node = Node::start();
    let mut random = rand::rngs::SmallRng::seed_from_u64(3);
    node.beside_a_good_client(|| {
        for _ in 0..200 {
            let mut garbage = vec![0; random.random_range(1..3_000)];
            random.fill(garbage.as_mut_slice());
            let mut client = node.client();
            client.try_send(&garbage);
            client.close_sending();
            let answer = client.rest();
            assert!(answer.is_empty() || answer == REFUSAL, "{}", String::from_utf8_lossy(&answer));
        }
    });
}
