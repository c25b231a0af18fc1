//! More connections than there are descriptors, and as many slow ones as are allowed.

use std::process::Command;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::binary::{Binary, PROGRAM};
use crate::client::Client;

/// What a connection in the middle of a head may cost.
const BYTES_EACH: usize = 8 * 1024;

/// As many as the default configuration admits, less those that work meanwhile.
const SLOW: usize = 9_990;

/// No more than the default configuration admits from one source.
const PER_SOURCE: usize = 1_900;

#[test]
fn running_out_of_descriptors_turns_away_newcomers_only() {
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -n 64; exec \"$0\" \"$@\"", PROGRAM]);
    let binary = Binary::start_by(shell);
    let mut early = binary.client();
    early.set("key", b"content");
    let mut crowd: Vec<_> = (0..100).map(|_| binary.client()).collect();
    for _ in 0..100 {
        assert_eq!(early.get("key"), Some(b"content".to_vec()), "those that are in are served");
    }
    // Leaving makes room for those that wait in the backlog.
    let mut last = crowd.pop().expect("a hundred");
    drop(crowd);
    assert_eq!(last.get("key"), Some(b"content".to_vec()), "those that waited are served");
}

#[test]
fn ten_thousand_slow_connections_cost_little_and_harm_nobody() {
    let descriptors = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: descriptors.maximum, ..descriptors })
        .expect("up to the maximum");
    // Where fewer descriptors are allowed, as many as they suffice for; the rest of the tests run in this process too.
    let allowed = descriptors.maximum.map_or(SLOW, |maximum| usize::try_from(maximum).unwrap_or(SLOW));
    let count = SLOW.min(allowed / 2);
    let binary = Binary::start();
    let mut good = binary.client();
    good.set("key", b"content");
    let before = binary.resident_bytes();
    let mut slow = Vec::with_capacity(count);
    for number in 0..count {
        let source = u8::try_from(2 + number / PER_SOURCE).expect("a few sources");
        let mut client = Client::connect_from([127, 0, 0, source], binary.address);
        client.send(b"GET key HTTP/1.1\r\nHost: loc");
        slow.push(client);
        if number % 100 == 0 {
            assert_eq!(good.get("key"), Some(b"content".to_vec()), "beside {number} slow ones");
        }
    }
    let each = binary.resident_bytes().saturating_sub(before) / count;
    assert!(each < BYTES_EACH, "{each} bytes for each of {count}");
    for client in slow.iter_mut().rev().take(10) {
        client.send(b"alhost\r\n\r\n");
        assert_eq!(client.answer().body, b"content", "a slow one that finishes in time is served");
    }
}
