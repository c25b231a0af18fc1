//! A large body beside small questions, over a network that is slow.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_node::peers::{Answered, Ask, Forward, NoAnswer, Peers as _, Question, Reply};
use cloakroom_node::store::Stored;
use cloakroom_session::{Command, CookieField, Outcome, Timeout};

use crate::node::{PATIENCE, TestNode, beacon, beacon_answer, eventually, member, named};
use crate::proxy::{Proxy, Way};

const BODY_BYTES: usize = 32 * 1024 * 1024;
/// What may pass before a small message that came later: what the kernel holds on the way, and a batch.
const BEFORE_SMALL_BYTES: u64 = 4 * 1024 * 1024;

fn forward(command: Command, subject: Stored) -> Ask {
    Ask::Forward(Forward { hops: 1, command, patience: PATIENCE, abroad: false, subject })
}

/// Answers a get with a large body, and everything else with the size of what came.
fn answer(question: &Question) -> Answered {
    let reply = match &question.ask {
        Ask::Forward(Forward { command: Command::Get, .. }) => {
            let outcome = Outcome::Found { initialise: false, timeout: Timeout::DEFAULT };
            Reply::Forwarded { outcome, body: Some(large()) }
        }
        Ask::Forward(forward) => Reply::Beacon { settled: forward.subject.body().len() as u64 },
        _ => return beacon_answer(question),
    };
    Answered { epoch: 1, reply }
}

fn large() -> Stored {
    let body: Vec<u8> = (0_u32..).flat_map(u32::to_le_bytes).take(BODY_BYTES).collect();
    Stored::new(b"key", &body)
}

/// While the answer to `ask` travels slowly on the way that `slow` picks, a beacon gets through.
async fn check(ask: Ask, slow: impl Fn(&Proxy) -> Arc<Way>) -> Result<Answered, NoAnswer> {
    let other = TestNode::start(named("other"), |_, question| async move { answer(&question) });
    let me = TestNode::echo(named("me"));
    let proxy = Proxy::start(other.member.address).await;
    let to = member("other", proxy.address);
    me.reach(&to).await;
    let way = slow(&proxy);
    way.hold();

    let spawn = |ask| {
        let (peers, to) = (Arc::clone(&me.peers), to.clone());
        tokio::spawn(async move { peers.ask(&to, Question { epoch: 1, ask }, PATIENCE).await })
    };
    let large = spawn(ask);
    let begin = way.passed();
    way.let_pass(64);
    eventually(async || way.passed() >= begin + 64 * 1024).await;
    let small = spawn(beacon());
    while !small.is_finished() {
        let before = way.passed();
        way.let_pass(8);
        eventually(async || way.passed() > before || small.is_finished()).await;
        let passed = way.passed() - begin;
        assert!(
            passed < BEFORE_SMALL_BYTES,
            "a small message waits for {passed} bytes, and for more to come"
        );
    }
    small.await.unwrap().unwrap();
    assert!(!large.is_finished());
    way.reopen();
    large.await.unwrap()
}

#[tokio::test]
async fn a_large_question_does_not_hold_up_small_ones() {
    let command =
        Command::Set { timeout: Timeout::DEFAULT, uninitialised: false, cookie: CookieField::Missing };
    let answered = check(forward(command, large()), |proxy| Arc::clone(&proxy.there)).await.unwrap();
    assert_eq!(answered.reply, Reply::Beacon { settled: BODY_BYTES as u64 });
}

#[tokio::test]
async fn a_large_answer_does_not_hold_up_small_ones() {
    let get = forward(Command::Get, Stored::new(b"key", b""));
    let answered = check(get, |proxy| Arc::clone(&proxy.back)).await.unwrap();
    let Reply::Forwarded { body: Some(body), .. } = answered.reply else { panic!("{:?}", answered.reply) };
    assert!(body == large());
}

#[tokio::test]
async fn questions_beyond_the_room_of_a_link_wait_for_it() {
    let other = TestNode::start(named("other"), |_, question| async move { answer(&question) });
    let me = TestNode::echo(named("me"));
    let proxy = Proxy::start(other.member.address).await;
    let to = member("other", proxy.address);
    me.reach(&to).await;
    proxy.there.hold();
    let command =
        Command::Set { timeout: Timeout::DEFAULT, uninitialised: false, cookie: CookieField::Missing };
    let spawn = |patience| {
        let (peers, to) = (Arc::clone(&me.peers), to.clone());
        let ask = forward(command, large());
        tokio::spawn(async move { peers.ask(&to, Question { epoch: 1, ask }, patience).await })
    };
    let sent = me.metrics.peer_sent_bytes.get();
    // Two of them take all the room.
    let first = [spawn(PATIENCE), spawn(PATIENCE)];
    eventually(async || me.metrics.peer_sent_bytes.get() > sent).await;
    assert_eq!(spawn(Duration::from_millis(50)).await.unwrap(), Err(NoAnswer::NotSent));
    let waiting = spawn(PATIENCE);
    proxy.there.reopen();
    for asked in first.into_iter().chain([waiting]) {
        asked.await.unwrap().unwrap();
    }
}
