//! Whichever node is asked, it is one store.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use cloakroom_protocol::aspnet;
use cloakroom_ring::State::Active;

use super::group::Group;

/// Request target of a session from `number` on that the second node owns.
fn owned_by_second(group: &Group, number: usize) -> String {
    let target =
        |number| aspnet::target("/LM/W3SVC/1/ROOT", &format!("cluster{number:017}")).expect("a valid id");
    let owner = |target: &String| {
        let mut key = Vec::new();
        aspnet::key_into(target.as_bytes(), &mut key);
        group.owner(&key)
    };
    (number..).map(target).find(|target| owner(target) == 1).expect("it owns a third of them")
}

/// Sends `request` and returns the bytes of the answer.
fn answer(address: &str, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("it serves");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time-out");
    stream.write_all(request).expect("it reads");
    stream.shutdown(std::net::Shutdown::Write).expect("the request is complete");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers and closes");
    answer
}

/// The number in the header `LockCookie`.
fn cookie(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    let line = text.lines().find_map(|line| line.strip_prefix("LockCookie: "));
    line.expect("it was locked").to_owned()
}

/// Without the time of day and the cookie, which is another one for each session.
fn comparable(answer: &[u8]) -> Vec<u8> {
    let lines = answer.split_inclusive(|byte| *byte == b'\n');
    let own = |line: &&[u8]| !line.starts_with(b"LockDate") && !line.starts_with(b"LockCookie");
    lines.filter(own).flatten().copied().collect()
}

#[test]
fn the_bytes_are_the_same_whoever_is_asked() {
    let mut group = Group::start(3);
    group.publish(&[(0, Active), (1, Active), (2, Active)]);
    // From smaller than a packet to larger than a frame between nodes.
    for (number, bytes) in [1, 100, 4096, 70_000, 3_000_000].into_iter().enumerate() {
        let body = vec![b'a' + u8::try_from(number).unwrap(); bytes];
        let mut seen = Vec::new();
        // Each round on a session of its own, at the same place of the same conversation, through each node.
        for through in 0..3 {
            let target = owned_by_second(&group, number * 1000);
            let ask = |head: &str, body: &[u8]| {
                let head = format!("{head} HTTP/1.1\r\nHost: x\r\n");
                let request = [head.as_bytes(), body].concat();
                answer(&group.members[through].state, &request)
            };
            let put = format!("Timeout: 20\r\nContent-Length: {bytes}\r\n\r\n");
            let stored = ask(&format!("PUT {target}"), &[put.as_bytes(), &body].concat());
            let read = ask(&format!("GET {target}"), b"\r\n");
            let locked = ask(&format!("GET {target}"), b"Exclusive: acquire\r\n\r\n");
            let release = format!("Exclusive: release\r\nLockCookie: {}\r\n\r\n", cookie(&locked));
            let conversation = [
                stored,
                read,
                locked,
                ask(&format!("GET {target}"), b"Exclusive: acquire\r\n\r\n"),
                ask(&format!("HEAD {target}"), b"\r\n"),
                ask(&format!("GET {target}"), release.as_bytes()),
                ask(&format!("GET {target}"), b"Exclusive: release\r\n\r\n"),
                ask(&format!("DELETE {target}"), b"\r\n"),
                ask(&format!("GET {target}"), b"\r\n"),
            ];
            seen.push(conversation.map(|answer| comparable(&answer)));
        }
        assert!(seen[0][1].ends_with(&body) && seen[0][0].starts_with(b"200 OK"), "{bytes} bytes");
        assert!(seen[0][3].starts_with(b"423 Locked") && seen[0][8].starts_with(b"404 "), "{bytes} bytes");
        assert!(seen[0] == seen[1] && seen[1] == seen[2], "{bytes} bytes");
    }
}
