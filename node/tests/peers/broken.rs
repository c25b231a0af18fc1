//! Links that break with questions and answers on their way.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloakroom_node::metrics::{PeerAsk, PeerResult};
use cloakroom_node::peers::{Answered, Ask, NoAnswer, Peers as _, Question, Reply};
use cloakroom_node::store::{Backed, Held, Row, Stored};
use cloakroom_session::Timeout;
use tokio::task::JoinSet;

use crate::node::{PATIENCE, TestNode, beacon, beacon_answer, eventually, member, named, soon};
use crate::proxy::Proxy;

/// More than the kernel holds on the way.
const MANY: u64 = 300;

/// A question that is known by its epoch and takes its place on the way.
fn bulky() -> Ask {
    Ask::Take { key: vec![b'k'; 60_000].into() }
}

fn numbered(epoch: u64, ask: Ask) -> Question {
    Question { epoch, ask }
}

type Numbers = Arc<Mutex<BTreeSet<u64>>>;

/// Asks questions, and returns which ended how, once all have: answered, not sent, unknown.
fn ask_many(
    me: &TestNode,
    to: &cloakroom_ring::Member,
    numbers: RangeInclusive<u64>,
    patience: Duration,
) -> (impl Future<Output = [BTreeSet<u64>; 3]> + use<>, Numbers) {
    let mut asking = JoinSet::new();
    let ended = Numbers::default();
    for number in numbers {
        let (peers, to, ended) = (Arc::clone(&me.peers), to.clone(), Arc::clone(&ended));
        asking.spawn(async move {
            let result = peers.ask(&to, numbered(number, bulky()), patience).await;
            ended.lock().unwrap().insert(number);
            (number, result)
        });
    }
    let sorted = async move {
        let mut sorted = <[BTreeSet<u64>; 3]>::default();
        for (number, result) in soon(asking.join_all()).await {
            let kind = match result {
                Ok(answered) => {
                    assert_eq!(answered.epoch, number);
                    0
                }
                Err(NoAnswer::NotSent) => 1,
                Err(NoAnswer::Unknown) => 2,
            };
            sorted[kind].insert(number);
        }
        sorted
    };
    (sorted, ended)
}

/// A node that never answers but the first question, and what it was asked.
fn silent() -> (TestNode, Numbers) {
    let seen = Numbers::default();
    let seeing = Arc::clone(&seen);
    let node = TestNode::start(named("other"), move |_, question| {
        let seeing = Arc::clone(&seeing);
        async move {
            if question.ask != beacon() {
                seeing.lock().unwrap().insert(question.epoch);
                std::future::pending::<()>().await;
            }
            beacon_answer(&question)
        }
    });
    (node, seen)
}

#[tokio::test]
async fn when_a_link_breaks_what_left_is_unknown_and_the_rest_was_not_sent() {
    let (other, seen) = silent();
    let me = TestNode::echo(named("me"));
    let proxy = Proxy::start(other.member.address).await;
    let to = member("other", proxy.address);
    me.reach(&to).await;
    proxy.there.hold();
    let (sorted, _) = ask_many(&me, &to, 1..=MANY, PATIENCE);
    let sorted = tokio::spawn(sorted);
    proxy.there.let_pass(64);
    eventually(async || !seen.lock().unwrap().is_empty()).await;
    proxy.cut();
    let [answered, not_sent, unknown] = sorted.await.unwrap();
    let seen = seen.lock().unwrap().clone();
    assert!(answered.is_empty() && !not_sent.is_empty());
    assert!(seen.is_subset(&unknown), "executed, but said to be not sent: {seen:?}, {unknown:?}");
    assert_eq!(me.metrics.peer_questions.get(PeerAsk::Take, PeerResult::NotSent), not_sent.len() as u64);
    assert_eq!(me.metrics.peer_questions.get(PeerAsk::Take, PeerResult::Unknown), unknown.len() as u64);
}

#[tokio::test]
async fn what_is_given_up_before_it_leaves_never_arrives() {
    let (other, seen) = silent();
    let me = TestNode::echo(named("me"));
    let proxy = Proxy::start(other.member.address).await;
    let to = member("other", proxy.address);
    me.reach(&to).await;
    proxy.there.hold();
    let sent = me.metrics.peer_sent_bytes.get();
    let patience = Duration::from_millis(300);
    let first = tokio::spawn(ask_many(&me, &to, 1..=MANY / 2, patience).0);
    eventually(async || me.metrics.peer_sent_bytes.get() > sent).await;
    // What comes now waits behind those that are being written.
    let [_, not_sent, _] = ask_many(&me, &to, MANY / 2 + 1..=MANY, patience).0.await;
    assert_eq!(not_sent, (MANY / 2 + 1..=MANY).collect());
    let [answered, _, unknown] = first.await.unwrap();
    assert!(answered.is_empty() && !unknown.is_empty());
    proxy.there.reopen();
    eventually(async || *seen.lock().unwrap() == unknown).await;
    // All that was to come has come: this was asked last.
    me.ask(&to, beacon()).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), unknown);
}

#[tokio::test]
async fn answers_that_did_not_leave_are_given_back() {
    let row = Row {
        content: Stored::new(b"key", &[7; 60_000]),
        epoch: 1,
        timeout: Timeout::DEFAULT,
        uninitialised: false,
        cookie: 1,
        locked: None,
        remaining: Duration::from_secs(1),
        backed: Backed::Flushed,
    };
    let seen = Numbers::default();
    let seeing = Arc::clone(&seen);
    let mut other = TestNode::start(named("other"), move |_, question| {
        let (row, seeing) = (row.clone(), Arc::clone(&seeing));
        async move {
            let epoch = question.epoch;
            seeing.lock().unwrap().insert(epoch);
            // One large one among them.
            let body = if epoch % 8 == 0 { [8; 200_000].as_slice() } else { row.content.body() };
            let row = Row { content: Stored::new(b"key", body), ..row };
            Answered { epoch, reply: Reply::Held(Held::Row(row)) }
        }
    });
    let me = TestNode::echo(named("me"));
    let proxy = Proxy::start(other.member.address).await;
    let to = member("other", proxy.address);
    me.reach(&to).await;
    seen.lock().unwrap().clear();
    proxy.back.hold();
    let (sorted, ended) = ask_many(&me, &to, 1..=MANY, PATIENCE);
    let sorted = tokio::spawn(sorted);
    proxy.back.let_pass(64);
    eventually(async || seen.lock().unwrap().len() as u64 == MANY && !ended.lock().unwrap().is_empty()).await;
    proxy.cut();
    let [answered, not_sent, unknown] = sorted.await.unwrap();
    assert!(!answered.is_empty() && not_sent.is_empty() && !unknown.is_empty());

    let mut given_back = BTreeSet::new();
    eventually(async || {
        while let Ok(answered) = other.undelivered.try_recv() {
            assert!(given_back.insert(answered.epoch), "given back twice");
        }
        other.metrics.peer_links_open.get() == 0 && !given_back.is_empty()
    })
    .await;
    assert!(given_back.is_subset(&unknown), "{given_back:?} was answered: {answered:?}");
}

#[tokio::test]
async fn what_is_answered_after_its_link_broke_is_given_back() {
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let opened = Arc::clone(&gate);
    let asked = Arc::new(tokio::sync::Notify::new());
    let hearing = Arc::clone(&asked);
    let mut other = TestNode::start(named("other"), move |_, question| {
        let (gate, hearing) = (Arc::clone(&gate), Arc::clone(&hearing));
        async move {
            hearing.notify_one();
            gate.acquire().await.unwrap().forget();
            beacon_answer(&question)
        }
    });
    let me = TestNode::echo(named("me"));
    let proxy = Proxy::start(other.member.address).await;
    let to = member("other", proxy.address);
    let (result, ()) = tokio::join!(me.peers.ask(&to, numbered(6, beacon()), PATIENCE), async {
        soon(asked.notified()).await;
        proxy.cut();
    });
    assert_eq!(result, Err(NoAnswer::Unknown));
    eventually(async || other.metrics.peer_links_open.get() == 0).await;
    opened.add_permits(1);
    assert_eq!(soon(other.undelivered.recv()).await.map(|answered| answered.epoch), Some(6));
}
