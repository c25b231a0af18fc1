//! A request whose session is another node's.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_ring::{Member, invariant};
use cloakroom_session::{Command, CookieField, Outcome};

use super::Cluster;
use super::serve::{Attempt, Request};
use super::view::View;
use crate::metrics::{Forwarded, Tier};
use crate::peers::{Answered, Ask, Forward, NoAnswer, Question, Reply};
use crate::store::{Answer, Stored, Unavailable};

/// Longer than the owner may take, so that what it answers arrives.
const PATIENCE: Duration = Duration::from_secs(10);
/// While an answer is waited for, this often it is looked whether the owner still answers at all.
const LOOK: Duration = Duration::from_millis(250);
/// How long a ring may take to be written down elsewhere.
const ADOPT_PATIENCE: Duration = Duration::from_secs(2);

impl Cluster {
    /// Asks the owner, the member with that index.
    pub(super) async fn forward(
        self: &Arc<Self>,
        view: &Arc<View>,
        owner: usize,
        request: Request<'_>,
        give_up: Duration,
    ) -> Attempt {
        let Request { key, command, content, hops, abroad } = request;
        let member = &view.placement.ring().members[owner];
        if !self.answers(&member.name) {
            return Attempt::Held;
        }
        let patience = give_up.saturating_sub(self.setup.clock.boottime());
        let subject = content.cloned().unwrap_or_else(|| Stored::new(key, &[]));
        debug_assert!(invariant::forwarding_ends(hops + 1));
        let forward = Forward { hops: hops + 1, command, patience, abroad, subject };
        let question = Question { epoch: view.epoch(), ask: Ask::Forward(forward) };
        let answered = self.while_it_answers(member, self.setup.peers.ask(member, question, PATIENCE)).await;
        let metrics = &self.setup.metrics;
        match answered {
            Ok(Answered { reply: Reply::Forwarded { outcome, body }, .. }) => {
                metrics.forwards.inc(Forwarded::Answered);
                Attempt::Answered(Answer { outcome, body, tier: Tier::Peer })
            }
            Ok(answered) => {
                metrics.forwards.inc(Forwarded::Elsewhere);
                self.learn(member, answered).await
            }
            Err(NoAnswer::NotSent) => {
                metrics.forwards.inc(Forwarded::NotSent);
                Attempt::Held
            }
            Err(NoAnswer::Unknown) => {
                metrics.forwards.inc(Forwarded::Unknown);
                if command.may_be_done_twice() {
                    Attempt::Held
                } else {
                    Attempt::Failed(Unavailable::Elsewhere)
                }
            }
        }
    }

    /// Waits for an answer only as long as its giver is not silent. A lock that is granted to nobody any more comes back
    /// by [`Respond::undelivered`](crate::peers::Respond::undelivered).
    async fn while_it_answers(
        &self,
        member: &Member,
        answer: impl Future<Output = Result<Answered, NoAnswer>>,
    ) -> Result<Answered, NoAnswer> {
        let mut answer = std::pin::pin!(answer);
        loop {
            match tokio::time::timeout(LOOK, &mut answer).await {
                Ok(answered) => return answered,
                Err(_) if self.answers(&member.name) => {}
                Err(_) => return Err(NoAnswer::Unknown),
            }
        }
    }

    /// What a member said instead of an answer.
    pub(super) async fn learn(self: &Arc<Self>, member: &Member, answered: Answered) -> Attempt {
        match answered.reply {
            Reply::Stale(ring) => {
                self.setup.metrics.stale_answers.inc();
                self.adopt_from_peer(&ring).await;
                Attempt::Again
            }
            Reply::Behind => {
                let Some(ring) = self.ring() else { return Attempt::Held };
                let question = Question { epoch: ring.epoch, ask: Ask::Adopt(ring) };
                match self.setup.peers.ask(member, question, ADOPT_PATIENCE).await {
                    Ok(Answered { reply: Reply::Adopted, .. }) => Attempt::Again,
                    Ok(Answered { reply: Reply::Stale(ring), .. }) => {
                        self.adopt_from_peer(&ring).await;
                        Attempt::Again
                    }
                    _ => Attempt::Held,
                }
            }
            Reply::Unavailable => Attempt::Failed(Unavailable::Elsewhere),
            _ => Attempt::Held,
        }
    }

    /// Gives back a lock whose cookie nobody will ever hear.
    pub(super) async fn give_back(self: &Arc<Self>, answered: Answered) {
        let Reply::Forwarded { outcome: Outcome::Acquired { cookie, .. }, body: Some(session) } =
            answered.reply
        else {
            return;
        };
        self.setup.metrics.undelivered_acquires.inc();
        let release = Command::Release { cookie: CookieField::Value(cookie) };
        // Nobody is left to be told.
        drop(self.serve(session.key(), release, None).await);
    }

    /// Whether the member answered its beacons lately.
    pub(super) fn answers(&self, member: &str) -> bool {
        let (now, patience) = (self.setup.clock.boottime(), self.setup.settings.silent_after);
        self.standing.lock().as_ref().is_some_and(|standing| standing.answers(member, now, patience))
    }
}
