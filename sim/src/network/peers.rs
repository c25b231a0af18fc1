//! A node's way to the others, as its cluster sees it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_node::peers::{Answered, Caller, NoAnswer, Peers, Question};
use cloakroom_ring::{Member, Ring};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::{Listening, Network, describe};
use crate::time::pass;

/// How long a refused connection takes.
const REFUSED: Duration = Duration::from_millis(1);
/// How long it takes to notice that a connection broke.
const NOTICED: Duration = Duration::from_millis(5);

/// What one process asks the others with.
pub struct SimulatedPeers {
    network: Network,
    caller: Caller,
    gone: CancellationToken,
}

impl SimulatedPeers {
    /// For the process `caller`, until it is `gone`.
    #[must_use]
    pub fn new(network: Network, caller: Caller, gone: CancellationToken) -> Self {
        Self { network, caller, gone }
    }

    async fn ask(&self, to: &str, question: Question, patience: Duration) -> Result<Answered, NoAnswer> {
        let answered = tokio::time::timeout(patience, self.ask_until_answered(to, question)).await;
        answered.unwrap_or(Err(NoAnswer::Unknown))
    }

    /// Asks, and waits for ever if nothing comes back.
    pub(super) async fn ask_until_answered(
        &self,
        to: &str,
        question: Question,
    ) -> Result<Answered, NoAnswer> {
        if self.gone.is_cancelled() {
            return Err(NoAnswer::NotSent);
        }
        let described = describe::question(&question);
        let (from, network) = (&*self.caller.name, &self.network);
        network.0.trace.note(format_args!("{from} to {to}: {described}"));
        let _handed_over = network.hands_over(from, &question);
        let there = network.link(from, to).crossing(&network.0.chance);
        if there.is_some() && network.listening(to).is_none() {
            pass(REFUSED).await;
            return Err(NoAnswer::NotSent);
        }
        let Some(there) = there else { return std::future::pending().await };
        pass(there).await;
        // It left, and nobody was there to take it.
        let Some(target) = network.listening(to) else {
            pass(NOTICED).await;
            return Err(NoAnswer::Unknown);
        };
        let (answer, answered) = oneshot::channel();
        let journey =
            Journey { network: network.clone(), caller: self.caller.clone(), to: to.to_owned(), described };
        tokio::spawn(journey.go(target, question, answer));
        match answered.await {
            Ok(Arrival::Answer(answered)) => Ok(answered),
            Ok(Arrival::Broken) | Err(_) => Err(NoAnswer::Unknown),
        }
    }
}

impl fmt::Debug for SimulatedPeers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SimulatedPeers({})", self.caller.name)
    }
}

impl Peers for SimulatedPeers {
    fn ask<'a>(
        &'a self,
        to: &'a Member,
        question: Question,
        patience: Duration,
    ) -> BoxFuture<'a, Result<Answered, NoAnswer>> {
        self.ask(&to.name, question, patience).boxed()
    }

    fn members(&self, _ring: &Ring) {}
}

enum Arrival {
    Answer(Answered),
    /// The answerer died.
    Broken,
}

/// One question at its target, and its answer's way back.
struct Journey {
    network: Network,
    caller: Caller,
    to: String,
    described: String,
}

impl Journey {
    async fn go(self, target: Listening, question: Question, answer: oneshot::Sender<Arrival>) {
        let (from, to, network) = (&*self.caller.name, &*self.to, &self.network);
        self.network.judge_question(&question);
        let answered = tokio::select! {
            biased;
            () = target.gone.cancelled() => None,
            answered = Arc::clone(&target.respond).respond(self.caller.clone(), question.clone()) => Some(answered),
        };
        let Some(answered) = answered else {
            pass(NOTICED).await;
            let _ = answer.send(Arrival::Broken);
            return;
        };
        network.judge_answer(to, &question, &answered);
        let shown = describe::answer(&answered);
        network.0.trace.note(format_args!("{to} answers {from}: {} -> {shown}", self.described));
        let back = network.link(to, from).crossing(&network.0.chance);
        let asker = || network.listening(from).filter(|asker| asker.incarnation == self.caller.inc);
        match back {
            Some(back) if asker().is_some() => {
                pass(back).await;
                // What was sent before the answerer died arrives all the same.
                if let Err(Arrival::Answer(late)) = answer.send(Arrival::Answer(answered))
                    && let Some(asker) = asker()
                {
                    asker.respond.undelivered(late);
                }
            }
            // Whether the answerer hears that the link broke is a matter of what the kernel had already taken.
            _ if network.0.chance.percent(50) && !target.gone.is_cancelled() => {
                pass(NOTICED).await;
                target.respond.undelivered(answered);
            }
            _ => {}
        }
    }
}
