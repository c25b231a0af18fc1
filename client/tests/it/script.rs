//! A node that expects given requests on one connection and answers as it is told.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Session `s` of the application `/LM/W3SVC/1/ROOT`.
pub(crate) const TARGET: &str =
    "%2fLM%2fW3SVC%2f1%2fROOT(cAHkmVhipCLv%2fQnONQmPsKL%2bq%2fAjnK%2fnYS9aV3Zlad8%3d)%2fs";

/// What the node does after a request.
#[derive(Clone, Copy)]
pub(crate) enum Then {
    /// Sends this, with LF for CRLF in the head; closes if the script ends here.
    Answers(&'static str),
    /// Sends nothing and waits for the client to give up.
    KeepsSilent,
}

/// A script that is being played.
pub(crate) struct Node {
    pub(crate) address: String,
    played: JoinHandle<()>,
}

impl Node {
    /// Listens for one connection. Each expected request is its method, then its header lines after
    /// `Host` and the body, parted by blanks.
    pub(crate) fn plays(script: impl Into<Vec<(&'static str, Then)>>) -> Self {
        let script = script.into();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let played = thread::spawn(move || {
            let (mut peer, _) = listener.accept().unwrap();
            peer.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            for (request, then) in script {
                turn(&mut peer, request, then);
            }
        });
        Self { address, played }
    }

    /// Waits until the script has been played to its end.
    pub(crate) fn finish(self) {
        self.played.join().unwrap();
    }
}

fn turn(peer: &mut TcpStream, request: &str, then: Then) {
    let (method, rest) = request.split_once(' ').unwrap_or((request, ""));
    let (headers, body) = rest.split_once('|').unwrap_or((rest, ""));
    let headers = headers.split_terminator(',').map(|header| format!("{header}\r\n")).collect::<String>();
    let expected = format!("{method} {TARGET} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n{body}");
    let mut got = vec![0; expected.len()];
    peer.read_exact(&mut got).unwrap();
    assert_eq!(String::from_utf8(got).unwrap(), expected);
    match then {
        Then::Answers(answer) => peer.write_all(answer.replace('\n', "\r\n").as_bytes()).unwrap(),
        Then::KeepsSilent => assert_eq!(peer.read(&mut [0]).unwrap(), 0),
    }
}
