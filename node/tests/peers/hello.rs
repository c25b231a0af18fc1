//! Who may ask whom.

use std::net::SocketAddr;

use cloakroom_node::metrics::{HelloRefused, Metrics};
use cloakroom_node::peers::{NoAnswer, Peers as _, PeersConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::node::{TestNode, beacon, eventually, named, ring, soon};

fn keyed(name: &str, key: &[u8]) -> PeersConfig {
    PeersConfig { key: Some(key.into()), ..named(name) }
}

fn of_cluster(name: &str, cluster: &str) -> PeersConfig {
    PeersConfig { cluster: cluster.to_owned(), ..named(name) }
}

async fn counted(metrics: &Metrics, reason: HelloRefused) {
    eventually(async || metrics.peer_hellos_refused.get(reason) == 1).await;
}

/// Node `me` asks node `other`: `refused` is who refuses whom and why.
async fn check(me: PeersConfig, other: PeersConfig, refused: Option<HelloRefused>) {
    let (me, other) = (TestNode::echo(me), TestNode::echo(other));
    let asked = me.ask(&other.member, beacon()).await;
    let Some(reason) = refused else {
        asked.unwrap();
        return;
    };
    assert_eq!(asked, Err(NoAnswer::NotSent));
    counted(&other.metrics, reason).await;
    counted(&me.metrics, HelloRefused::ByPeer).await;
}

#[tokio::test]
async fn nodes_of_one_cluster_with_one_key() {
    check(named("me"), named("other"), None).await;
    check(keyed("me", b"the key of all"), keyed("other", b"the key of all"), None).await;
    check(keyed("me", b"the key of all"), keyed("other", b"some other key"), Some(HelloRefused::Key)).await;
    check(keyed("me", b"the key of all"), named("other"), Some(HelloRefused::Key)).await;
    check(named("me"), keyed("other", b"the key of all"), Some(HelloRefused::Key)).await;
    check(of_cluster("me", "shop"), of_cluster("other", "shop"), None).await;
    check(of_cluster("me", "shop"), of_cluster("other", ""), None).await;
    check(of_cluster("me", ""), of_cluster("other", "shop"), None).await;
    check(of_cluster("me", "shop"), of_cluster("other", "blog"), Some(HelloRefused::Cluster)).await;
    check(named("same"), named("same"), Some(HelloRefused::Name)).await;
}

#[tokio::test]
async fn the_cluster_is_known_from_the_first_ring_on() {
    let me = TestNode::echo(named("me"));
    let other = TestNode::echo(of_cluster("other", "blog"));
    me.peers.members(&ring(1, &[&me.member, &other.member]));
    assert_eq!(me.ask(&other.member, beacon()).await, Err(NoAnswer::NotSent));
    counted(&other.metrics, HelloRefused::Cluster).await;
}

/// What a node does with whoever sends `bytes`: it closes and counts `reason`.
async fn check_stranger(bytes: &[u8], reason: HelloRefused) {
    let node = TestNode::echo(named("node"));
    let mut stranger = TcpStream::connect(node.member.address).await.unwrap();
    stranger.write_all(bytes).await.unwrap();
    drop(soon(stranger.read_to_end(&mut Vec::new())).await);
    counted(&node.metrics, reason).await;
}

#[tokio::test]
async fn strangers() {
    check_stranger(b"GET / HTTP/1.1\r\n\r\n", HelloRefused::NotAPeer).await;
    check_stranger(b"\x16\x03\x01\x02", HelloRefused::NotAPeer).await;
    check_stranger(b"clkp?\x00\x00", HelloRefused::NotAPeer).await;
    check_stranger(b"clkph\xff\xff", HelloRefused::NotAPeer).await;
    check_stranger(b"clkph\x03\x00\x02\x00\xff", HelloRefused::NotAPeer).await;
    check_stranger(b"clkph\x02\x00\x63\x00", HelloRefused::Version).await;
    check_stranger(b"clkp", HelloRefused::TooSlow).await;
}

#[tokio::test]
async fn a_hello_that_was_listened_to_cannot_be_played_back() {
    let other = TestNode::echo(keyed("other", b"the key of all"));
    let recorder = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at_recorder = crate::node::member("other", recorder.local_addr().unwrap());
    let me = TestNode::echo(keyed("me", b"the key of all"));
    let real = other.member.address;
    let recording = tokio::spawn(async move {
        let (mut asker, _) = recorder.accept().await.unwrap();
        let mut node = TcpStream::connect(real).await.unwrap();
        let (mut said, mut buffer) = (Vec::new(), [0; 4096]);
        for _ in 0..2 {
            let read = asker.read(&mut buffer).await.unwrap();
            said.push(buffer[..read].to_vec());
            node.write_all(&buffer[..read]).await.unwrap();
            let read = node.read(&mut buffer).await.unwrap();
            asker.write_all(&buffer[..read]).await.unwrap();
        }
        said
    });
    let (_, said) = tokio::join!(me.ask(&at_recorder, beacon()), recording);
    let mut thief = TcpStream::connect(real).await.unwrap();
    for part in said.unwrap() {
        thief.write_all(&part).await.unwrap();
        assert_ne!(thief.read(&mut [0; 4096]).await.unwrap(), 0, "it is listened to so far");
    }
    counted(&other.metrics, HelloRefused::Key).await;
}

#[tokio::test]
async fn strangers_who_say_nothing_take_no_more_than_their_places() {
    // From one address; there are more for all together.
    const PLACES: usize = 16;
    let node = TestNode::echo(named("node"));
    let connect = async || TcpStream::connect(node.member.address).await.unwrap();
    let mut silent = Vec::new();
    for _ in 0..PLACES {
        silent.push(connect().await);
    }
    let mut one_more = connect().await;
    drop(soon(one_more.read_to_end(&mut Vec::new())).await);
    counted(&node.metrics, HelloRefused::Crowded).await;
    drop(silent);
    TestNode::echo(named("me")).reach(&node.member).await;
}

#[tokio::test]
async fn without_a_key_nobody_elsewhere_is_asked() {
    let me = TestNode::echo(named("me"));
    // Reserved for documentation: nothing is sent there.
    let elsewhere: SocketAddr = ([192, 0, 2, 1], 42425).into();
    assert_eq!(me.ask(&crate::node::member("other", elsewhere), beacon()).await, Err(NoAnswer::NotSent));
    counted(&me.metrics, HelloRefused::NotLoopback).await;
}
