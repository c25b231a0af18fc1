//! The golden conversations of the protocol, byte for byte, over a real socket.

use std::cell::Cell;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::process::Command;
use std::time::Duration;

use cloakroom_protocol::transcript::{Comparison, Exchange, Group, groups};

use crate::binary::{Binary, PROGRAM};
use crate::client::Client;
use crate::node::Node;

/// Plays `group` on one connection, reopened where a side closes it.
fn play(group: &Group, connect: impl Fn() -> Client, advance: impl Fn(Duration)) {
    let mut connection = None;
    for exchange in &group.exchanges {
        advance(Duration::from_secs(exchange.advance_secs));
        let client = connection.get_or_insert_with(&connect);
        check(exchange, client);
        if exchange.client_closes || exchange.server_closes {
            connection = None;
        }
    }
}

fn check(exchange: &Exchange, client: &mut Client) {
    client.send(&exchange.sends);
    if exchange.client_closes {
        client.close_sending();
    }
    let mut got = client.matching(&exchange.answer);
    if exchange.client_closes || exchange.server_closes {
        got.extend(client.rest());
    }
    let compared = exchange.answer.compare(&got);
    assert_eq!(
        compared,
        Comparison::Whole,
        "{}: {}: got {:?}",
        exchange.id,
        exchange.title,
        String::from_utf8_lossy(&got)
    );
}

#[test]
fn every_conversation_goes_as_recorded() {
    for group in groups() {
        let node = Node::start();
        play(&group, || node.client(), |by| node.advance(by));
    }
}

/// The program's own clock is moved from outside, by the library that `faketime` loads into it.
#[test]
fn the_program_goes_as_recorded() {
    let library = faketime();
    for group in groups() {
        let folder = tempfile::tempdir().expect("a place for files");
        let offset = folder.path().join("offset");
        let ahead = Cell::new(0);
        let advance = |by: Duration| {
            ahead.set(ahead.get() + by.as_secs());
            // In one step: the program reads the file at any moment.
            let next = folder.path().join("next");
            fs::write(&next, format!("+{}\n", ahead.get()))
                .and_then(|()| fs::rename(&next, &offset))
                .expect("a file");
        };
        advance(Duration::ZERO);
        let mut program = Command::new(PROGRAM);
        program
            .env("LD_PRELOAD", &library)
            .env("FAKETIME_TIMESTAMP_FILE", &offset)
            .env("FAKETIME_NO_CACHE", "1");
        let binary = Binary::start_by(program);
        play(&group, || binary.client(), advance);
    }
}

/// Where `faketime` keeps its library. To run the program by `faketime` itself would leave it running
/// when the test ends `faketime`.
fn faketime() -> OsString {
    let mut asked = Command::new("faketime");
    asked.args(["-f", "+0", "sh", "-c", "printf %s \"$LD_PRELOAD\""]);
    let output = asked.output().expect("`faketime` is installed (Debian: apt-get install faketime)");
    OsString::from_vec(output.stdout)
}
