//! The ping server: reads requests of the state protocol and answers each at once, storing nothing.
//! What it costs is the cost of the socket, so it is the floor under every figure, and as nothing in
//! it can change, its own changes are the machine's noise.

use std::{
    collections::HashMap,
    io::{self, Read as _, Write as _},
    net::SocketAddr,
};

use anyhow::{Context as _, Result};
use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};

const LISTENER: Token = Token(usize::MAX);
const BODY_LENGTH: usize = 4096;

/// Serves on `address` until killed.
///
/// # Errors
/// The address is taken.
pub(crate) fn serve(address: SocketAddr) -> Result<()> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(1024);
    let mut listener = TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let answers = Answers::new();
    let mut peers = HashMap::new();
    let mut accepted = 0;
    loop {
        if let Err(error) = poll.poll(&mut events, None)
            && error.kind() != io::ErrorKind::Interrupted
        {
            return Err(error.into());
        }
        for event in &events {
            if event.token() != LISTENER {
                if let Some(peer) = peers.get_mut(&event.token())
                    && !matches!(serve_peer(peer, &answers), Ok(true))
                {
                    peers.remove(&event.token());
                }
                continue;
            }
            while let Ok((mut stream, _)) = listener.accept() {
                stream.set_nodelay(true)?;
                let token = Token(accepted);
                accepted += 1;
                poll.registry().register(&mut stream, token, Interest::READABLE)?;
                peers.insert(token, Peer { stream, input: vec![0; 64 * 1024], filled: 0 });
            }
        }
    }
}

struct Peer {
    stream: TcpStream,
    input: Vec<u8>,
    filled: usize,
}

/// Whatever is asked, the answer is one of these.
struct Answers {
    body: Vec<u8>,
    acquired: Vec<u8>,
    done: Vec<u8>,
}

impl Answers {
    fn new() -> Self {
        let answer = |lock: &str, length: usize| {
            let mut bytes = format!(
                "200 OK\r\nX-AspNet-Version: 4.0.30319\r\n{lock}Cache-Control: private\r\n\
                 Content-Length: {length}\r\n\r\n"
            )
            .into_bytes();
            bytes.resize(bytes.len() + length, b'x');
            bytes
        };
        let timeout = "Timeout: 20\r\n";
        Self {
            body: answer(timeout, BODY_LENGTH),
            acquired: answer(&format!("LockCookie: 2\r\n{timeout}"), BODY_LENGTH),
            done: answer("", 0),
        }
    }

    fn to(&self, head: &[u8]) -> &[u8] {
        let contains = |word: &[u8]| head.windows(word.len()).any(|window| window == word);
        if !head.starts_with(b"GET ") || contains(b"Exclusive: release") {
            &self.done
        } else if contains(b"Exclusive: acquire") {
            &self.acquired
        } else {
            &self.body
        }
    }
}

/// Serves what has arrived; false once the peer has left.
fn serve_peer(peer: &mut Peer, answers: &Answers) -> io::Result<bool> {
    loop {
        if peer.filled == peer.input.len() {
            peer.input.resize(2 * peer.filled, 0);
        }
        match peer.stream.read(&mut peer.input[peer.filled..]) {
            Ok(0) => return Ok(false),
            Ok(read) => peer.filled += read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
            Err(error) => return Err(error),
        }
        let input = &peer.input[..peer.filled];
        if let Some(head) = complete(input) {
            // 4 KiB always fit the empty socket buffer of a peer that waits for its answer.
            peer.stream.write_all(answers.to(&input[..head]))?;
            peer.filled = 0;
            return Ok(true);
        }
    }
}

/// The length of the head of `input`, once the request is complete.
fn complete(input: &[u8]) -> Option<usize> {
    let head = input.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let name = b"Content-Length:";
    let body = input[..head].windows(name.len()).position(|window| window == name).map_or(0, |at| {
        let digits = input[at + name.len()..head].iter().take_while(|byte| byte.is_ascii_digit());
        digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'))
    });
    (input.len() >= head + body).then_some(head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        dialect::Dialect,
        request::{Operation, Reply, Request},
    };

    #[test]
    fn every_operation_gets_an_answer_of_its_kind() {
        let answers = Answers::new();
        use Operation::{Create, Delete, Get, GetExclusive, Release, SetAndRelease, Touch};
        for operation in [Create, GetExclusive, SetAndRelease, Release, Get, Touch, Delete] {
            let writes = matches!(operation, Create | SetAndRelease);
            let mut bytes = Vec::new();
            let request = Request::write(operation, 1, 1, if writes { 4096 } else { 0 });
            Dialect::State.encode(&request, 20, &mut bytes);
            assert_eq!(complete(&bytes[..bytes.len() - 1]), None, "{operation:?}");
            let head = complete(&bytes).unwrap();
            let (taken, reply) =
                Dialect::State.decode(operation, answers.to(&bytes[..head])).unwrap().unwrap();
            let reads = matches!(operation, Get | GetExclusive);
            assert_eq!(matches!(reply, Reply::Body { .. }), reads, "{operation:?}");
            assert_eq!(taken > BODY_LENGTH, reads, "{operation:?}");
        }
    }
}
