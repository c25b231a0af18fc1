//! What is asked of a node's admin port.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

/// Sends one request and returns status and body.
pub(crate) fn ask(address: &str, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("the admin port is open");
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
    .expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers with text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, body.to_owned())
}

/// What the node says of itself.
pub(crate) fn report(address: &str) -> serde_json::Value {
    let (status, body) = ask(address, "GET", "/status", "", "");
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).expect("it is JSON")
}
