//! By a list.

use cloakroom_client::Discovery;

use super::{check, check_refused};

#[tokio::test]
async fn every_address_of_every_name_is_a_node_once() {
    let list = ["127.0.0.2:7", "[::1]:7", "127.0.0.1:7", "127.0.0.1:7"];
    let mut told = Discovery::fixed(list).unwrap().start().await.unwrap();
    check(&mut told, "@127.0.0.1:7 @127.0.0.2:7 @[::1]:7").await;
    let named = Discovery::fixed(["localhost:7"]).unwrap().start().await.unwrap();
    assert!(named.borrow().servers.iter().all(|server| server.address.ip().is_loopback()));
}

#[tokio::test]
async fn a_name_that_leads_nowhere_is_told_unless_others_lead_somewhere() {
    // No name of this top level is ever given away.
    let list = ["nowhere.invalid:7", "127.0.0.1:7"];
    check_refused(Discovery::fixed([list[0]]), &["\"nowhere.invalid:7\" leads to no address"]).await;
    let mut told = Discovery::fixed(list).unwrap().start().await.unwrap();
    check(&mut told, "@127.0.0.1:7").await;
}

#[tokio::test]
async fn what_is_no_list_is_refused() {
    check_refused(Discovery::fixed(Vec::<String>::new()), &["name at least one, such as 10.0.0.1:42424"])
        .await;
    check_refused(Discovery::fixed(["shop"]), &["\"shop\" is not a host and a port", "write both"]).await;
}
