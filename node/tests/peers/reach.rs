//! Whom a node can ask, and when it stops trying.

use cloakroom_node::metrics::HelloRefused;
use cloakroom_node::peers::{Ask, NoAnswer, Peers as _};

use crate::node::{TestNode, beacon, beacon_answer, eventually, member, named, ring};

#[tokio::test]
async fn nobody_at_the_address_is_not_sent_and_a_node_that_comes_is_reached() {
    let other = TestNode::echo(named("other"));
    let to = other.member.clone();
    other.stop().await;
    let me = TestNode::echo(named("me"));
    assert_eq!(me.ask(&to, beacon()).await, Err(NoAnswer::NotSent));
    assert_eq!(me.metrics.peer_hellos_refused.get(HelloRefused::Failed), 1);
    let other =
        TestNode::start_at(to.address, named("other"), |_, question| async move { beacon_answer(&question) });
    me.reach(&other.member).await;
}

#[tokio::test]
async fn a_node_that_was_restarted_is_reached_again() {
    let me = TestNode::echo(named("me"));
    let other = TestNode::echo(named("other"));
    let to = other.member.clone();
    me.reach(&to).await;
    other.stop().await;
    eventually(async || me.metrics.peer_links_open.get() == 0).await;
    let other =
        TestNode::start_at(to.address, named("other"), |_, question| async move { beacon_answer(&question) });
    me.reach(&other.member).await;
}

#[tokio::test]
async fn a_member_that_moved_is_asked_at_its_new_address() {
    let me = TestNode::echo(named("me"));
    let before = TestNode::echo(named("other"));
    me.reach(&before.member).await;
    let after = TestNode::echo(named("other"));
    me.reach(&after.member).await;
    eventually(async || before.metrics.peer_links_open.get() == 0).await;
    assert_eq!(after.metrics.peer_links_open.get(), 1);
}

#[tokio::test]
async fn another_node_at_the_address_is_not_asked() {
    let me = TestNode::echo(named("me"));
    let stranger = TestNode::start(named("stranger"), |_, _| async { panic!("it was not meant") });
    let to = member("other", stranger.member.address);
    assert_eq!(me.ask(&to, Ask::Push(Vec::new())).await, Err(NoAnswer::NotSent));
    assert_eq!(me.metrics.peer_hellos_refused.get(HelloRefused::Name), 1);
}

#[tokio::test]
async fn links_to_those_who_left_the_ring_are_closed_and_the_others_stay() {
    let me = TestNode::echo(named("me"));
    let [stays, goes] = ["stays", "goes"].map(|name| TestNode::echo(named(name)));
    me.peers.members(&ring(1, &[&me.member, &stays.member, &goes.member]));
    me.reach(&stays.member).await;
    me.reach(&goes.member).await;
    assert_eq!(me.metrics.peer_links_open.get(), 2);
    me.peers.members(&ring(2, &[&me.member, &stays.member]));
    eventually(async || me.metrics.peer_links_open.get() == 1).await;
    assert_eq!(stays.metrics.peer_links_open.get(), 1);

    // Somebody still asks under the ring before.
    me.ask(&goes.member, beacon()).await.unwrap();
    eventually(async || me.metrics.peer_links_open.get() == 1).await;
}
