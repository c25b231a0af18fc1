//! `cloakroom-node drain`, what supervisors call before they stop a node.

use std::process::Command;

use cloakroom_client::{Read, Written};
use rustix::process::Signal;

use crate::client::{get, set};
use crate::node::Setup;

const ADMIN: &str = "metrics and probes on http://";

#[test]
fn a_drained_node_serves_until_it_is_stopped() {
    let setup = Setup::new("{drainSettle: 1ms}");
    let mut node = setup.start();
    let line = node.read_until(ADMIN);
    let admin = line.split_once(ADMIN).and_then(|(_, rest)| rest.split('/').next()).unwrap();
    assert_eq!(set(&node.address, 1, b"before").unwrap(), Written::Done);

    let drained =
        Command::new(env!("CARGO_BIN_EXE_cloakroom-node")).args(["drain", "--admin", admin]).output();
    let drained = drained.unwrap();
    assert!(drained.status.success(), "{}", String::from_utf8_lossy(&drained.stderr));
    node.read_until("asked to drain");

    // Whoever was routed here a moment ago gets an answer, on a connection of its own.
    assert!(matches!(get(&node.address, 1).unwrap(), Read::Found(_)));
    assert_eq!(set(&node.address, 2, b"after").unwrap(), Written::Done);
    node.signal(Signal::TERM);
    assert_eq!(node.wait().code(), Some(0), "{:#?}", node.said);
}
