//! A node that is asked to leave.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use cloakroom_client::Read;
use cloakroom_ring::State::{Active, Draining};

use super::group::Group;
use crate::client::{get, set};

#[test]
fn it_says_that_it_has_drained_when_everything_is_elsewhere() {
    let mut group = Group::start(2);
    group.publish(&[(0, Active), (1, Active)]);
    for number in 0..100 {
        assert!(set(&group.members[0].state, number, b"kept").is_ok());
    }
    group.write(&[(0, Draining), (1, Active)]);
    let said = group.members[0].drain();
    assert!(said.starts_with("every session is at another node"), "{said}");
    // It has told the others, so they ask it for nothing any more.
    group.kill(0);
    for number in 0..100 {
        let found = get(&group.members[1].state, number);
        assert!(matches!(&found, Ok(Read::Found(item)) if item.body == b"kept"), "{number}: {found:?}");
    }
}

#[test]
fn the_last_one_keeps_its_sessions() {
    let mut group = Group::start(1);
    group.publish(&[(0, Active)]);
    assert!(set(&group.members[0].state, 1, b"kept").is_ok());
    group.publish(&[(0, Draining)]);
    let said = group.members[0].drain();
    assert!(said.starts_with("there is no other node"), "{said}");
    group.kill(0);
    group.restart(0);
    group.publish(&[(0, Active)]);
    assert!(matches!(get(&group.members[0].state, 1), Ok(Read::Found(item)) if item.body == b"kept"));
}

/// Asks for a session that nobody has, and returns the status.
fn ask(connection: &mut BufReader<TcpStream>) -> String {
    connection.get_mut().write_all(b"GET %2fx HTTP/1.1\r\nHost: x\r\n\r\n").expect("it is open");
    let mut status = String::new();
    connection.read_line(&mut status).expect("it answers");
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        assert!(connection.read_line(&mut line).expect("a whole head") > 0);
    }
    status
}

#[test]
fn connections_end_behind_an_answer() {
    let mut group = Group::start(2);
    group.publish(&[(0, Active), (1, Active)]);
    let stream = TcpStream::connect(&group.members[0].state).expect("it serves");
    let mut reader = BufReader::new(stream);
    assert!(ask(&mut reader).starts_with("404"));
    group.write(&[(0, Draining), (1, Active)]);
    // Returns only when this connection is gone, or idle for longer than clients leave theirs.
    let admin = group.members[0].admin.clone();
    let draining = std::thread::spawn(move || super::admin::ask(&admin, "POST", "/drain", "", ""));
    crate::patience::eventually("the node is not ready", || {
        super::admin::ask(&group.members[0].admin, "GET", "/readyz", "", "").0 == 503
    });
    let ended = (0..10_000).any(|_| {
        let mut probe = [0; 1];
        assert!(ask(&mut reader).starts_with("404"));
        reader.get_ref().set_nonblocking(true).expect("a mode");
        let ended = matches!(reader.read(&mut probe), Ok(0));
        reader.get_ref().set_nonblocking(false).expect("a mode");
        ended
    });
    assert!(ended, "it never closed behind an answer");
    assert_eq!(draining.join().expect("it returns").0, 200);
}
