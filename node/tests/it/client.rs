//! A client that sends what it is told and reads answers one by one.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use cloakroom_protocol::transcript::{Comparison, Pattern};
use socket2::{Domain, SockRef, Socket, Type};

use crate::request;

/// Only a failing test waits that long.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Client {
    socket: TcpStream,
    unread: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: String,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(node: SocketAddr) -> Self {
        Self::over(TcpStream::connect(node).expect("the node listens"))
    }

    /// Connects from another address of the loopback network.
    pub(crate) fn connect_from(source: impl Into<IpAddr>, node: SocketAddr) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::new(source.into(), 0).into()).expect("an address of the loopback network");
        socket.connect(&node.into()).expect("the node listens");
        Self::over(socket.into())
    }

    fn over(socket: TcpStream) -> Self {
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout above zero");
        socket.set_nodelay(true).expect("a TCP socket");
        Self { socket, unread: Vec::new() }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).expect("the node reads");
    }

    /// Sends what a node that may have closed already takes of it.
    pub(crate) fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.socket.write_all(bytes).is_ok()
    }

    /// A second handle on the same connection, for sending while another thread reads.
    pub(crate) fn sender(&self) -> TcpStream {
        self.socket.try_clone().expect("a descriptor")
    }

    pub(crate) fn close_sending(&self) {
        self.socket.shutdown(Shutdown::Write).expect("an open socket");
    }

    /// Closes so that the node gets a reset instead of an end.
    pub(crate) fn reset(self) {
        SockRef::from(&self.socket).set_linger(Some(Duration::ZERO)).expect("a TCP socket");
    }

    /// The next answer.
    pub(crate) fn answer(&mut self) -> Answer {
        let (head, body) = self.parts();
        Answer { status: head.lines().next().unwrap_or_default().to_owned(), body }
    }

    /// The bytes of the answer to `request`.
    pub(crate) fn bytes_for(&mut self, request: &[u8]) -> Vec<u8> {
        self.send(request);
        let (head, body) = self.parts();
        [head.as_bytes(), &body].concat()
    }

    /// Head and body of the next answer.
    fn parts(&mut self) -> (String, Vec<u8>) {
        let head_end = loop {
            if let Some(at) = self.unread.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(self.read(), "the node closed without an answer");
        };
        let head = String::from_utf8(self.unread[..head_end].to_vec()).expect("a head is ASCII");
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let body_bytes: usize =
            length.and_then(|length| length.parse().ok()).expect("every answer has a length");
        while self.unread.len() < head_end + body_bytes {
            assert!(self.read(), "the node closed within an answer");
        }
        let body = self.unread[head_end..head_end + body_bytes].to_vec();
        self.unread.drain(..head_end + body_bytes);
        (head, body)
    }

    /// What comes until it is what `pattern` says or cannot become it.
    pub(crate) fn matching(&mut self, pattern: &Pattern) -> Vec<u8> {
        while pattern.compare(&self.unread) == Comparison::Prefix && self.read() {}
        std::mem::take(&mut self.unread)
    }

    /// Everything until the node closes.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        while self.read() {}
        std::mem::take(&mut self.unread)
    }

    pub(crate) fn exchange(&mut self, request: &[u8]) -> Answer {
        self.send(request);
        self.answer()
    }

    pub(crate) fn set(&mut self, key: &str, body: &[u8]) {
        assert_eq!(self.exchange(&request::set(key, body)).status, "200 OK", "set of {key}");
    }

    /// What is stored under `key`.
    pub(crate) fn get(&mut self, key: &str) -> Option<Vec<u8>> {
        let answer = self.exchange(&request::get(key));
        match answer.status.as_str() {
            "200 OK" => Some(answer.body),
            "404 Not Found" => None,
            other => panic!("get of {key}: {other}"),
        }
    }

    fn read(&mut self) -> bool {
        let mut buffer = [0; 64 * 1024];
        match self.socket.read(&mut buffer) {
            Ok(count) => {
                self.unread.extend_from_slice(&buffer[..count]);
                count > 0
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("no answer in time"),
            // A reset takes answers away that were sent before it, at least on Windows.
            Err(error) => panic!("the node did not close in order: {error}"),
        }
    }
}
