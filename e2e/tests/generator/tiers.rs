//! Web servers in several places: whose requests count where, and what becomes of location cookies.

use std::time::Duration;

use cloakroom_e2e::load::{Load, Report, Tier};
use cloakroom_location::KeyRing;

use crate::{
    node::{Fault, Node},
    plan,
};

const A_MOMENT: Duration = Duration::from_millis(500);

/// Pages for a moment, before and after other web servers or other keys are there.
async fn around(node: &Node, tiers: [Tier; 2], keys: &KeyRing, event: impl AsyncFnOnce(&Load)) -> Report {
    let load = Load::start_in(tiers.to_vec(), Some(keys.clone()), plan()).await.expect("the node is right");
    load.a_while(A_MOMENT).await;
    event(&load).await;
    node.misbehave(Fault::None, 200).await;
    let report = load.finish().await;
    println!("{report}");
    report
}

fn stock(node: &Node) -> [Tier; 2] {
    [Tier::Stock(node.address.clone()), Tier::Stock(node.address.clone())]
}

fn library(node: &Node) -> [Tier; 2] {
    let cluster = |number: u8| (number, vec![node.address.clone()]);
    [Tier::Library(vec![cluster(1), cluster(2)]), Tier::Library(vec![cluster(2), cluster(1)])]
}

fn keys(first: u8) -> KeyRing {
    KeyRing::generate(1, std::array::from_fn(|at| first + u8::try_from(at).unwrap()))
}

#[tokio::test]
async fn errors_are_those_of_whose_web_servers_asked() {
    let node = Node::start().await;
    let report =
        around(&node, stock(&node), &keys(0), async |_| node.misbehave(Fault::Refuses, 20).await).await;
    let (west, east) = (report.errors_of(0), report.errors_of(1));
    assert!(west > 0 && east > 0 && west + east == report.errors(), "{west} and {east}");

    let node = Node::start().await;
    let report = around(&node, stock(&node), &keys(0), async |load: &Load| {
        load.serve(0, 1);
        // Pages that are under way end where they are.
        load.a_while(A_MOMENT).await;
        node.misbehave(Fault::Refuses, 20).await;
    })
    .await;
    assert_eq!((report.errors_of(0), report.errors_of(1)), (0, report.errors()));
    assert!(report.errors() > 0);
}

#[tokio::test]
async fn the_client_library_finds_a_right_node_right() {
    let node = Node::start().await;
    let report = around(&node, library(&node), &keys(0), async |_: &Load| {}).await;
    report.check_unnoticed();
    let (opened, unopened) = report.cookies;
    assert!(opened > 100 && unopened == 0, "{opened} cookies opened, {unopened} not");
}

#[tokio::test]
async fn cookies_that_do_not_open_are_counted() {
    let node = Node::start().await;
    let others = async |load: &Load| load.rotate(keys(1), Duration::ZERO);
    let report = around(&node, library(&node), &keys(0), others).await;
    report.check_unnoticed();
    assert!(report.cookies.1 > 0, "keys of somebody else open no cookie");
}
