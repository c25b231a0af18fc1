//! A node's admin port that expects given requests, each on a connection of its own, and answers as it is told.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A request, and what it is answered with.
pub(crate) struct Turn {
    /// Method and target.
    pub(crate) request: &'static str,
    /// What stands in its head, or is its body.
    pub(crate) has: &'static [&'static str],
    /// Status and reason, and further header lines behind them.
    pub(crate) head: &'static str,
    pub(crate) body: &'static str,
}

/// A script that is being played.
pub(crate) struct Admin {
    pub(crate) address: String,
    played: JoinHandle<()>,
}

impl Admin {
    pub(crate) fn plays(turns: Vec<Turn>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let played = thread::spawn(move || turns.into_iter().for_each(|turn| turn.play(&listener)));
        Self { address, played }
    }

    /// One list, of a node that is alone.
    pub(crate) fn lists(request: &'static str, body: &'static str) -> Self {
        Self::plays(vec![Turn::list(request, body), Turn::alone()])
    }

    /// Waits until the script has been played to its end.
    pub(crate) fn finish(self) {
        self.played.join().unwrap();
    }
}

impl Turn {
    /// The list is given.
    pub(crate) fn list(request: &'static str, body: &'static str) -> Self {
        Self { request, has: &[], head: "200 OK", body }
    }

    /// There is no ring.
    pub(crate) fn alone() -> Self {
        Self { request: "GET /ring", has: &[], head: "404 Not Found", body: "this node is alone\n" }
    }

    fn play(&self, listener: &TcpListener) {
        let (mut peer, _) = listener.accept().unwrap();
        peer.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut got = String::new();
        while !self.is_whole(&got) {
            let mut bytes = [0; 4096];
            let count = peer.read(&mut bytes).unwrap();
            assert!(count > 0, "it ended early: {got}");
            got.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
        }
        assert!(got.starts_with(&format!("{} HTTP/1.1\r\n", self.request)), "{got}");
        let Self { head, body, .. } = self;
        let answer =
            format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        peer.write_all(answer.as_bytes()).unwrap();
    }

    /// The script ends with a failure if it never is.
    fn is_whole(&self, got: &str) -> bool {
        got.contains("\r\n\r\n") && self.has.iter().all(|part| got.contains(part))
    }
}
