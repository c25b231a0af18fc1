//! What is asked is what is heard, and each asker gets its own answer.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_node::metrics::{PeerAsk, PeerResult};
use cloakroom_node::peers::{Answered, Ask, Caller, Forward, Peers as _, Question, Reply};
use cloakroom_node::store::{Backed, Held, Parcel, Row, Stored};
use cloakroom_session::{Command, Outcome, Timeout};
use tokio::sync::{Barrier, mpsc};

use crate::node::{PATIENCE, TestNode, beacon, beacon_answer, eventually, named, ring, soon};

/// `ask` arrives at another node as it is, and its `reply` comes back as it is.
async fn check(ask: Ask, reply: Reply) {
    let (sender, mut heard) = mpsc::unbounded_channel();
    let answered = Answered { epoch: 12, reply };
    let answers = answered.clone();
    let other = TestNode::start(named("other"), move |from, question| {
        sender.send((from, question)).unwrap();
        let answered = answers.clone();
        async move { answered }
    });
    let me = TestNode::echo(named("me"));
    let question = Question { epoch: 11, ask };
    assert_eq!(me.peers.ask(&other.member, question.clone(), PATIENCE).await, Ok(answered));
    assert_eq!(soon(heard.recv()).await, Some((Caller { name: "me".into(), inc: 1 }, question)));
}

fn row(body: &[u8]) -> Row {
    Row {
        content: Stored::new(b"key", body),
        epoch: 3,
        timeout: Timeout::DEFAULT,
        uninitialised: true,
        cookie: 7,
        locked: Some(Duration::from_millis(1500)),
        remaining: Duration::from_secs(1000),
        backed: Backed::Flushed,
    }
}

#[tokio::test]
async fn every_question_and_its_answer() {
    let node = TestNode::echo(named("one"));
    let ring = Arc::new(ring(11, &[&node.member]));
    check(beacon(), Reply::Beacon { settled: 9 }).await;
    check(Ask::Adopt(Arc::clone(&ring)), Reply::Adopted).await;
    check(Ask::Take { key: b"key".as_slice().into() }, Reply::Held(Held::Row(row(b"body")))).await;
    check(Ask::Take { key: b"key".as_slice().into() }, Reply::Held(Held::Tombstone { epoch: 4 })).await;
    let tombstone =
        Parcel::Tombstone { key: Stored::new(b"gone", b""), epoch: 3, age: Duration::from_secs(1) };
    check(Ask::Push(vec![Parcel::Row(row(&[5; 300_000]))]), Reply::Pushed).await;
    check(Ask::Push(vec![Parcel::Row(row(b"")), tombstone]), Reply::Stale(ring)).await;
    let get = Forward {
        hops: 1,
        command: Command::Get,
        patience: Duration::from_secs(8),
        abroad: false,
        subject: Stored::new(b"key", b""),
    };
    let outcome = Outcome::Found { initialise: false, timeout: Timeout::DEFAULT };
    let body = Some(Stored::new(b"key", &[5; 100_000]));
    check(Ask::Forward(get.clone()), Reply::Forwarded { outcome, body }).await;
    check(Ask::Forward(get), Reply::Retry { after: Duration::from_millis(20) }).await;
}

#[tokio::test]
async fn many_at_once_over_one_link_and_in_any_order() {
    const MANY: u64 = 1000;
    // Nobody is answered before everybody has asked.
    let all = Arc::new(Barrier::new(usize::try_from(MANY).unwrap()));
    let other = TestNode::start(named("other"), move |_, question| {
        let all = Arc::clone(&all);
        async move {
            all.wait().await;
            Answered { epoch: question.epoch, reply: Reply::Pushed }
        }
    });
    let me = TestNode::echo(named("me"));
    let mut asking = tokio::task::JoinSet::new();
    for epoch in 0..MANY {
        let (peers, to) = (Arc::clone(&me.peers), other.member.clone());
        asking.spawn(async move {
            let answered = peers.ask(&to, Question { epoch, ask: beacon() }, PATIENCE).await;
            assert_eq!(answered.map(|answered| answered.epoch), Ok(epoch));
        });
    }
    asking.join_all().await;
    assert_eq!((me.metrics.peer_links_open.get(), other.metrics.peer_links_open.get()), (1, 1));
    assert_eq!(me.metrics.peer_questions.get(PeerAsk::Beacon, PeerResult::Answered), MANY);
    assert_eq!(me.metrics.peer_sent_bytes.get(), other.metrics.peer_received_bytes.get());
}

/// A node that tells when it is asked, and answers when its gate is opened.
fn gated() -> (TestNode, mpsc::UnboundedReceiver<()>, Arc<tokio::sync::Notify>) {
    let (sender, heard) = mpsc::unbounded_channel();
    let gate = Arc::new(tokio::sync::Notify::new());
    let opened = Arc::clone(&gate);
    let node = TestNode::start(named("other"), move |_, question| {
        sender.send(()).unwrap();
        let gate = Arc::clone(&gate);
        async move {
            gate.notified().await;
            beacon_answer(&question)
        }
    });
    (node, heard, opened)
}

#[tokio::test]
async fn an_answer_that_nobody_waits_for_any_more_is_reported_at_the_asker() {
    let (other, mut heard, opened) = gated();
    let mut me = TestNode::echo(named("me"));
    let (peers, to) = (Arc::clone(&me.peers), other.member.clone());
    let asking =
        tokio::spawn(async move { peers.ask(&to, Question { epoch: 5, ask: beacon() }, PATIENCE).await });
    soon(heard.recv()).await;
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    opened.notify_one();
    assert_eq!(soon(me.undelivered.recv()).await.map(|answered| answered.epoch), Some(5));
}

#[tokio::test]
async fn what_is_being_answered_when_a_node_stops_is_answered() {
    let (other, mut heard, opened) = gated();
    let me = TestNode::echo(named("me"));
    let member = other.member.clone();
    let (asked, ()) = tokio::join!(me.ask(&member, beacon()), async {
        soon(heard.recv()).await;
        let stopping = tokio::spawn(other.stop());
        eventually(async || tokio::net::TcpStream::connect(member.address).await.is_err()).await;
        opened.notify_one();
        soon(stopping).await.unwrap();
    });
    asked.unwrap();
    eventually(async || me.metrics.peer_links_open.get() == 0).await;
}
