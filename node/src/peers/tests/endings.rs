//! How links end: the peer is silent, takes nothing, talks nonsense, or closes.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::metrics::Metrics;
use crate::peers::answering::Answering;
use crate::peers::asking;
use crate::peers::limits::{SILENT_TICKS, TICK};
use crate::peers::link::Link;
use crate::peers::message::{Caller, NoAnswer, Respond};
use crate::peers::pipe::{Broken, Pipe};
use crate::peers::unwanted::Unwanted;
use crate::peers::wire::{Fault, Outgoing};

struct Answers;

impl Respond for Answers {
    fn respond(
        self: Arc<Self>,
        _: Caller,
        _: Question,
    ) -> futures_util::future::BoxFuture<'static, Answered> {
        let reply = Reply::Held(crate::store::Held::Tombstone { epoch: 1 });
        Box::pin(async move { Answered { epoch: 1, reply } })
    }

    fn undelivered(self: Arc<Self>, _: Answered) {}
}

fn pipe() -> (Pipe, DuplexStream) {
    let (near, far) = duplex(1024);
    (Pipe::new(Box::new(near), Arc::new(Metrics::new("test", 0))), far)
}

fn link() -> Arc<Link> {
    Link::new(Arc::new(Unwanted::default()))
}

/// What `future` gives, long after everything that is going to happen.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(10 * SILENT_TICKS * TICK, future).await.expect("it never came")
}

async fn answer(pipe: Pipe) -> Broken {
    let caller = Caller { name: "other".into(), inc: 1 };
    Answering::new(pipe, caller, Arc::new(Answers)).run(&CancellationToken::new()).await
}

#[tokio::test(start_paused = true)]
async fn a_question_to_a_peer_that_is_silent_ends_with_the_link() {
    let (pipe, _far) = pipe();
    let link = link();
    let stop = CancellationToken::new();
    let waiting = link.ask(&beacon(1)).await.unwrap();
    let (broken, result) = soon(async { tokio::join!(asking::run(pipe, link, &stop), waiting) }).await;
    assert!(matches!(broken, Broken::Silent), "{broken}");
    assert_eq!(result, Err(NoAnswer::Unknown));
}

#[tokio::test(start_paused = true)]
async fn an_asker_that_is_silent_is_left() {
    let (pipe, _far) = pipe();
    let broken = soon(answer(pipe)).await;
    assert!(matches!(broken, Broken::Silent), "{broken}");
}

#[tokio::test(start_paused = true)]
async fn two_ends_with_nothing_to_say_keep_their_link() {
    let (near, far) = duplex(1024);
    let pipe = |stream: DuplexStream| Pipe::new(Box::new(stream), Arc::new(Metrics::new("test", 0)));
    let (asker, answerer) = (pipe(near), pipe(far));
    let (link, stop) = (link(), CancellationToken::new());
    let ended = async {
        tokio::select! {
            broken = asking::run(asker, Arc::clone(&link), &stop) => broken,
            broken = answer(answerer) => broken,
        }
    };
    let ended = tokio::time::timeout(10 * SILENT_TICKS * TICK, ended).await;
    assert!(ended.is_err(), "{}", ended.unwrap());
}

/// The other end writes questions and takes no answer.
#[tokio::test(start_paused = true)]
async fn an_asker_that_takes_nothing_is_left() {
    let (pipe, mut far) = pipe();
    let questions = async move {
        let mut outgoing = Outgoing::default();
        for id in 0.. {
            outgoing.question(id, &beacon(1)).unwrap();
            let mut batch = Vec::new();
            outgoing.fill(&mut batch);
            far.write_all(&batch).await?;
            // Never silent itself.
            drop(tokio::time::timeout(TICK / 2, std::future::pending::<()>()).await);
        }
        io::Result::Ok(())
    };
    let (broken, written) = soon(async { tokio::join!(answer(pipe), questions) }).await;
    assert!(matches!(broken, Broken::Silent), "{broken}");
    written.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_closes_ends_the_link_at_once() {
    let (pipe, mut far) = pipe();
    let link = link();
    let stop = CancellationToken::new();
    let waiting = link.ask(&beacon(1)).await.unwrap();
    let closing = async move {
        let first = far.read_u8().await;
        drop(far);
        first
    };
    let (broken, result, first) =
        soon(async { tokio::join!(asking::run(pipe, link, &stop), waiting, closing) }).await;
    assert!(matches!(broken, Broken::Closed | Broken::Failed(_)), "{broken}");
    assert_eq!(result, Err(NoAnswer::Unknown));
    first.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_talks_nonsense_ends_the_link() {
    let nonsense = async |mut far: DuplexStream| {
        far.write_u32_le(u32::MAX).await.unwrap();
        far
    };
    let is_fault = |broken: &Broken| matches!(broken, Broken::Fault(Fault::Length(u32::MAX)));
    let (near, far) = pipe();
    let stop = CancellationToken::new();
    let (broken, _far) = soon(async { tokio::join!(asking::run(near, link(), &stop), nonsense(far)) }).await;
    assert!(is_fault(&broken), "{broken}");
    let (near, far) = pipe();
    let (broken, _far) = soon(async { tokio::join!(answer(near), nonsense(far)) }).await;
    assert!(is_fault(&broken), "{broken}");
}

fn ask(outgoing: &mut Outgoing) {
    outgoing.question(1, &beacon(1)).unwrap();
}

fn answer_nothing(outgoing: &mut Outgoing) {
    outgoing.answer(1, &answered(1)).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_says_what_this_end_should_ends_the_link() {
    let say = async |mut far: DuplexStream, say: fn(&mut Outgoing)| {
        let (mut outgoing, mut batch) = (Outgoing::default(), Vec::new());
        say(&mut outgoing);
        outgoing.fill(&mut batch);
        far.write_all(&batch).await.unwrap();
        far
    };
    let is_fault = |broken: &Broken| matches!(broken, Broken::Fault(Fault::OutOfPlace));
    let stop = CancellationToken::new();
    let to_asker: [fn(&mut Outgoing); 3] = [Outgoing::ping, ask, answer_nothing];
    for out_of_place in to_asker {
        let (near, far) = pipe();
        let ended = async { tokio::join!(asking::run(near, link(), &stop), say(far, out_of_place)) };
        let (broken, _far) = soon(ended).await;
        assert!(is_fault(&broken), "{broken}");
    }
    let to_answerer: [fn(&mut Outgoing); 2] = [Outgoing::pong, answer_nothing];
    for out_of_place in to_answerer {
        let (near, far) = pipe();
        let (broken, _far) = soon(async { tokio::join!(answer(near), say(far, out_of_place)) }).await;
        assert!(is_fault(&broken), "{broken}");
    }
}
