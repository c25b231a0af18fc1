//! Two nodes on one data directory would destroy it: the second one refuses.

use cloakroom_client::{Read, Written};

use crate::client::{get, set};
use crate::node::Setup;

#[track_caller]
fn check(address: &str, body: &[u8], when: &str) {
    match get(address, 0) {
        Ok(Read::Found(item)) => assert_eq!(item.body, body, "{when}"),
        other => panic!("{when}: {other:?}"),
    }
}

#[test]
fn a_second_node_on_the_same_data_refuses_and_the_first_goes_on() {
    let setup = Setup::new("{}");
    let first = setup.start();
    assert_eq!(set(&first.address, 0, b"before").unwrap(), Written::Done);

    let mut second = setup.spawn();
    assert_eq!(second.wait().code(), Some(1), "{:#?}", second.said);
    let said = second.said.join("\n");
    assert!(said.contains("is in use by another process") && said.contains("--data-dir"), "{said}");

    check(&first.address, b"before", "the first one goes on");
    assert_eq!(set(&first.address, 0, b"after").unwrap(), Written::Done);
    first.kill();
    let again = setup.start();
    check(&again.address, b"after", "the second one left the files alone");
}
