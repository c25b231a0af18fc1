//! The wall clock jumps: no session expires for it, and no lock grows older.
//!
//! It is libfaketime that jumps, for the node alone; its timestamp file is looked at on every reading.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

use rustix::process::Signal;

use crate::node::{Node, Setup};

const HOUR_TICKS: i64 = 3600 * 10_000_000;

/// Where the preload library is: the program of the same package knows.
fn faketime() -> Option<OsString> {
    let shown = Command::new("faketime").args(["-f", "+0", "printenv", "LD_PRELOAD"]).output().ok()?;
    let library = String::from_utf8(shown.stdout).ok()?;
    shown.status.success().then(|| library.trim().into())
}

struct Clock(tempfile::TempDir);

impl Clock {
    fn file(&self) -> OsString {
        self.0.path().join("time").into()
    }

    /// Sets the wall clock this far from the truth, at once for whoever looks.
    fn set(&self, offset: &str) {
        let new = self.0.path().join("new");
        std::fs::write(&new, offset).expect("a file of ours");
        std::fs::rename(new, self.file()).expect("a file of ours");
    }
}

/// The head of the answer to `request`.
fn ask(node: &Node, request: &str) -> String {
    let mut stream = TcpStream::connect(&node.address).expect("it listens");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).expect("it answers");
        answer.extend(byte);
    }
    String::from_utf8(answer).expect("a head is ASCII")
}

fn number(head: &str, name: &str) -> i64 {
    let value = head.lines().find_map(|line| line.strip_prefix(name));
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in {head}"))
}

/// Both sessions are there and the lock is as young as it is; returns when it was granted by the wall clock.
fn look(node: &Node, when: &str) -> i64 {
    let free = ask(node, "GET free HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(free.starts_with("200 OK"), "{when}: {free}");
    let held = ask(node, "GET held HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(held.starts_with("423 Locked"), "{when}: {held}");
    let age = number(&held, "LockAge: ");
    assert!((0..1800).contains(&age), "{when}: {held}");
    number(&held, "LockDate: ")
}

#[test]
fn jumps_of_an_hour_expire_nothing() {
    let Some(library) = faketime() else {
        println!("SKIPPED: install the package `faketime` to see the clock jump");
        return;
    };
    let clock = Clock(tempfile::tempdir().expect("a place for files"));
    clock.set("+0");
    let setup = Setup::new("{}").under(vec![
        ("LD_PRELOAD", library),
        ("FAKETIME_TIMESTAMP_FILE", clock.file()),
        ("FAKETIME_NO_CACHE", "1".into()),
        // A wall clock jumps; the monotonic one never does.
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
    ]);
    let mut node = setup.start();
    for key in ["free", "held"] {
        let head = format!("PUT {key} HTTP/1.1\r\nHost: localhost\r\nTimeout:1\r\nContent-Length:1\r\n\r\nx");
        assert!(ask(&node, &head).starts_with("200 OK"));
    }
    assert!(
        ask(&node, "GET held HTTP/1.1\r\nHost: localhost\r\nExclusive: acquire\r\n\r\n")
            .starts_with("200 OK")
    );
    let granted = look(&node, "before any jump");

    let jumped = |node: &Node, offset: &str, hours: i64| {
        clock.set(offset);
        let found = (look(node, offset) - granted) as f64 / HOUR_TICKS as f64;
        assert!((found - hours as f64).abs() < 0.5, "the node's clock is {found} h off instead of {offset}");
    };
    jumped(&node, "+1h", 1);
    jumped(&node, "-1h", -1);

    for (offset, hours) in [("+1h", 1), ("-1h", -1)] {
        // Something durable after the acquire takes the lock's record with it.
        assert!(
            ask(&node, "PUT sync HTTP/1.1\r\nHost: localhost\r\nTimeout:1\r\nContent-Length:1\r\n\r\nx")
                .starts_with("200")
        );
        node.kill();
        clock.set(offset);
        node = setup.start();
        jumped(&node, offset, hours);
    }
    for (offset, hours) in [("+1h", 1), ("-1h", -1)] {
        node.signal(Signal::TERM);
        assert_eq!(node.wait().code(), Some(0));
        clock.set(offset);
        node = setup.start();
        jumped(&node, offset, hours);
    }
}
