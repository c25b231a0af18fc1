//! The way of one request.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_location::fence;
use cloakroom_session::Outcome;

use super::attempt::{Attempt, Written, next};
use super::base::Base;
use super::cache::{Era, Known as Remembered};
use super::decide::{Decided, Effected, Known, Question, decide};
use super::gate::Turn;
use super::homes::Whose;
use super::swap::{End, Errand};
use super::{Refused, Request, Shared, Through, Trust, pause};
use crate::backing::{Kept, Mark, Value};
use crate::metrics::{Swung, Tier};
use crate::store::{Answer, Row};

/// Who was overtaken draws a pause from 1 ms to twice as many each time, doubled this often.
const DOUBLINGS: u32 = 5;

/// One request and what does not change while it is decided.
struct Serving<'a> {
    shared: &'a Arc<Shared>,
    request: Request<'a>,
    place: u64,
    /// Of what it learns; `None` if that may be old at once.
    era: Option<Era>,
}

impl Through {
    /// Decides and carries out one command. `offer` is what this node has itself of a session that the engine does not
    /// know, asked only then and never against a tombstone.
    ///
    /// # Errors
    /// [`Refused`].
    ///
    /// # Panics
    /// If a set comes without content, which is the caller's mistake.
    pub async fn serve(
        &self,
        request: Request<'_>,
        offer: impl Future<Output = Option<Row>> + Send,
    ) -> Result<Answer, Refused> {
        let shared = &self.0;
        let place = shared.place(request.key);
        let era = (request.trust == Trust::Owner)
            .then(|| shared.cache.era(place, request.epoch, shared.setup.clock.boottime()));
        let serving = Serving { shared, request, place, era };
        let turn = serving.in_time(shared.gates.enter(place)).await?;
        serving.serve(turn, offer).await
    }
}

impl Serving<'_> {
    async fn serve(
        &self,
        mut turn: Turn,
        offer: impl Future<Output = Option<Row>> + Send,
    ) -> Result<Answer, Refused> {
        let mut offer = Some(offer);
        let mut at_hand = self.remembered();
        let mut overtaken = 0;
        // What the last change was decided on that the engine did not take.
        let mut refused = None;
        loop {
            let (base, known) = match at_hand.take() {
                Some(at_hand) => at_hand,
                None => {
                    let mut base = self.read().await?;
                    if base.mark.is_none()
                        && let Some(offer) = offer.take()
                        && let Some(row) = self.in_time(offer).await?
                    {
                        base = Base::offered(row, self.shared.now(), self.shared.setup.lifetime_max);
                    }
                    self.shared.note_late(refused.take(), base.mark);
                    (base, Known::Fresh)
                }
            };
            let epoch = match self.whose(&base) {
                Whose::Mine { epoch } => epoch,
                // It may have come here since.
                _ if known != Known::Fresh => continue,
                Whose::Claimed { epoch, why } => {
                    at_hand = Some((self.claim(epoch, why).await?, Known::Fresh));
                    continue;
                }
                Whose::Elsewhere(home) => {
                    self.shared.remember(self.place, None);
                    return Err(Refused::Elsewhere(home));
                }
                Whose::NotHere => return Err(Refused::NotHere),
            };
            match decide(self.question(), &base, known) {
                Decided::Read => {}
                Decided::Answer(outcome, session) => {
                    let tier = if known == Known::Fresh { Tier::Backing } else { Tier::Memory };
                    let body =
                        session.as_ref().filter(|_| carries_body(outcome)).map(|it| it.content.clone());
                    let learned = session.zip(base.mark).filter(|_| self.request.trust != Trust::StandIn);
                    let learned = learned.map(|(session, mark)| Remembered { mark, session, era: self.era });
                    self.shared.remember(self.place, learned);
                    return Ok(Answer { outcome, body, tier });
                }
                // Nobody would hear of it.
                Decided::Swap(..) if self.shared.left(self.request.give_up).is_zero() => {
                    return Err(Refused::TooSlow);
                }
                Decided::Swap(outcome, effected) => {
                    let errand = self.errand(turn, &base, epoch, outcome, effected);
                    let mut report = errand.run(self.shared).await?;
                    match report.end {
                        End::Done => {
                            report.unsettled.settled();
                            let body = base.session.filter(|_| carries_body(outcome)).map(|it| it.content);
                            return Ok(Answer { outcome, body, tier: Tier::Backing });
                        }
                        End::Changed => {
                            report.unsettled.settled();
                            turn = report.turn;
                            refused = base.mark;
                        }
                        End::NotDone(fault) => return Err(Refused::Unreachable(fault)),
                        End::Unknown => return Err(Refused::Unknown),
                    }
                    if overtaken > 0 {
                        let most = 1 << overtaken.min(DOUBLINGS);
                        pause(Duration::from_millis(1 + self.shared.draw() % most)).await;
                    }
                    overtaken += 1;
                }
            }
        }
    }

    fn question(&self) -> Question<'_> {
        let Request { command, content, first_cookie, .. } = self.request;
        let lifetime_max = self.shared.setup.lifetime_max;
        Question { now: self.shared.now(), command, content, first_cookie, lifetime_max }
    }

    /// What this node knows without asking.
    fn remembered(&self) -> Option<(Base, Known)> {
        if self.request.trust == Trust::StandIn {
            return None;
        }
        let Remembered { mark, session, era } = self.shared.cache.get(self.place, self.request.key)?;
        // What lives in a data centre can be taken over by another one, also if this node knows of none.
        let sure = era.is_some() && era == self.era && fence::home(mark.epoch).is_none();
        let known = if sure { Known::Surely } else { Known::Perhaps };
        Some((Base { mark: Some(mark), session: Some(session) }, known))
    }

    /// Who decides on this base.
    fn whose(&self, base: &Base) -> Whose {
        let Request { epoch, behalf, .. } = self.request;
        match &self.shared.setup.homes {
            Some(homes) => homes.whose(base.mark, base.session.is_some(), epoch, behalf),
            None => Whose::Mine { epoch },
        }
    }

    async fn read(&self) -> Result<Base, Refused> {
        let kept = self.kept(0).await?;
        Ok(Base::kept(kept, self.shared.now(), self.shared.setup.lifetime_max))
    }

    /// Makes this data centre the session's home, unless it has a later one by now.
    async fn claim(&self, epoch: u64, why: Swung) -> Result<Base, Refused> {
        let kept = self.kept(epoch).await?;
        if let Some(Kept { mark: Mark { epoch: after, .. }, stored, value: Value::Row(_) }) = &kept
            && *after == epoch
            && *stored < epoch
        {
            self.shared.setup.metrics.data_centres.swings.inc(why);
        }
        Ok(Base::kept(kept, self.shared.now(), self.shared.setup.lifetime_max))
    }

    async fn kept(&self, epoch: u64) -> Result<Option<Kept>, Refused> {
        let claimed = self.in_time(self.shared.setup.backing.claim(self.request.key, epoch)).await?;
        claimed.map_err(Refused::Unreachable)
    }

    fn errand(&self, turn: Turn, base: &Base, epoch: u64, outcome: Outcome, effected: Effected) -> Errand {
        let mark = next(base.mark, epoch, self.shared.draw());
        let now = self.shared.now();
        let lifetime_max = self.shared.setup.lifetime_max;
        let (change, session) = match effected {
            Effected::Whole(session) => {
                (Written::Whole(session.row(mark.epoch, now, lifetime_max)), Some(session))
            }
            Effected::WithoutBody(session) => {
                (Written::WithoutBody(session.row(mark.epoch, now, lifetime_max)), Some(session))
            }
            Effected::Tombstone => (Written::Tombstone, None),
        };
        let content = session.as_ref().or(base.session.as_ref()).map(|session| session.content.clone());
        let attempt = Attempt {
            session: content.expect("what is removed was there"),
            expected: base.mark,
            mark,
            number: self.shared.draw(),
            change,
        };
        let session = session.filter(|_| self.request.trust != Trust::StandIn);
        Errand {
            attempt,
            known: session.map(|session| Remembered { mark, session, era: self.era }),
            place: self.place,
            turn,
            locks: matches!(outcome, Outcome::Acquired { .. }),
            creates: base.session.is_none(),
            give_up: self.request.give_up,
        }
    }

    async fn in_time<T>(&self, future: impl Future<Output = T>) -> Result<T, Refused> {
        let left = self.shared.left(self.request.give_up);
        tokio::time::timeout(left, future).await.map_err(|_| Refused::TooSlow)
    }
}

fn carries_body(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Found { .. } | Outcome::Acquired { .. })
}
