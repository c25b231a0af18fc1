//! Those who want to know at once which ring is in force.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use cloakroom_client::{Connection, Discovery, Read, Servers, Timeout, Written};
use cloakroom_ring::State::{Active, Draining};
use tokio::sync::watch::Receiver;
use tokio::time::timeout;

use super::admin::ask;
use super::group::Group;
use crate::client::{block_on, key, session};
use crate::patience::eventually;

/// Only a failing test waits that long.
const PATIENCE: Duration = Duration::from_secs(60);
const WATCH: &str = "GET /ring?watch=true HTTP/1.1\r\nHost: node\r\n\r\n";

/// Waits until the client goes by the ring of this epoch.
async fn epoch(servers: &mut Receiver<std::sync::Arc<Servers>>, epoch: u64) {
    let known = servers.wait_for(|servers| servers.ring.as_ref().is_some_and(|ring| ring.epoch == epoch));
    timeout(PATIENCE, known).await.expect("it is told").expect("it is still followed");
}

#[test]
fn a_client_follows_the_ring_from_node_to_node() {
    let mut group = Group::start(2);
    group.publish(&[(0, Active)]);
    let admin_ports = [&group.members[0].admin, &group.members[1].admin].map(Clone::clone);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let discovery = Discovery::ring_watch(admin_ports).expect("addresses");
    let mut servers = runtime.block_on(discovery.start()).expect("the first node shows a ring");
    let ring = group.publish(&[(0, Active), (1, Active)]);
    runtime.block_on(epoch(&mut servers, ring.epoch));
    assert_eq!(**servers.borrow_and_update().ring.as_ref().expect("a ring"), ring);

    // Sessions go to their owners, which is at the addresses that the ring shows.
    let placement = cloakroom_ring::Placement::new(ring.into(), "");
    for number in 0..4 {
        let owner = placement.owner(cloakroom_ring::key_hash(&key(number)));
        let address = servers.borrow().servers[owner].address;
        assert_eq!(address.to_string(), group.members[group.owner(&key(number))].state);
        block_on(async {
            let mut node = Connection::connect(&address.to_string()).await.expect("it is there");
            let written = node.set(&session(number), b"x", Timeout::DEFAULT, None).await;
            assert!(matches!(written, Ok(Written::Done)), "{written:?}");
            assert!(matches!(node.get(&session(number)).await, Ok(Read::Found(_))));
        });
    }

    // The node that it listens to goes away.
    group.publish(&[(0, Draining), (1, Active)]);
    group.kill(0);
    let ring = group.publish(&[(1, Active)]);
    runtime.block_on(epoch(&mut servers, ring.epoch));
    assert_eq!(servers.borrow().servers.len(), 1);
}

#[test]
fn a_node_tells_a_limited_number_and_lets_them_go_when_it_stops() {
    let mut group = Group::start(1);
    let admin = group.members[0].admin.clone();
    let (status, why) = ask(&admin, "GET", "/ring?watch=true", "", "");
    assert_eq!((status, why.as_str()), (404, "no ring has reached this node yet\n"));
    let first = group.publish(&[(0, Active)]);
    let mut watchers: VecDeque<_> = (0..64).map(|_| watch(&admin)).collect();
    assert!(watchers.iter_mut().all(|watcher| next_line(watcher) == first.to_json_line()));

    let shown = |metric: &str| ask(&admin, "GET", "/metrics", "", "").1.contains(metric);
    assert!(shown("\ncloakroom_ring_watchers 64\n"));
    let refused = ask(&admin, "GET", "/ring?watch=true", "", "");
    assert_eq!(refused, (503, "64 watch this node already; watch another one\n".to_owned()));
    assert_eq!(ask(&admin, "GET", "/ring", "", ""), (200, first.to_json()));
    watchers.pop_front();
    eventually("the place is free again", || {
        group.write(&[(0, Active)]);
        shown("\ncloakroom_ring_watchers 63\n")
    });
    watchers.push_back(watch(&admin));

    group.terminate(0);
    for mut watcher in watchers {
        let mut rest = String::new();
        watcher.read_to_string(&mut rest).expect("it ends well");
        assert!(rest.ends_with("0\r\n\r\n"), "{rest}");
    }
}

/// The answer to a watcher, from its body on.
fn watch(admin: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(admin).expect("the admin port is open");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket of ours");
    stream.write_all(WATCH.as_bytes()).expect("it reads");
    let mut answer = BufReader::new(stream);
    let mut line = String::new();
    answer.read_line(&mut line).expect("a status");
    assert_eq!(line, "HTTP/1.1 200 OK\r\n");
    while line != "\r\n" {
        line.clear();
        answer.read_line(&mut line).expect("headers");
    }
    answer
}

/// One chunk's line.
fn next_line(answer: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    answer.read_line(&mut line).expect("the length of a chunk");
    let length = usize::from_str_radix(line.trim_end(), 16).expect("in hexadecimal");
    let mut chunk = vec![0; length + 2];
    answer.read_exact(&mut chunk).expect("the chunk");
    chunk.truncate(length);
    String::from_utf8(chunk).expect("text")
}
