//! Having a request served by the data centre in which its session lives.

use std::time::Duration;

use cloakroom_location::DataCentre;
use cloakroom_session::Outcome;
use tokio::time::timeout;

use super::DataCentres;
use super::neighbour::Neighbour;
use crate::metrics::GatewayResult;
use crate::peers::{Answered, Ask, Forward, NoAnswer, Question, Reply};
use crate::store::Stored;

/// How often a request is tried that was certainly not done, or that may be done twice.
const TRIES: usize = 3;
/// Between two of them.
const PAUSE: Duration = Duration::from_millis(100);
/// Longer than the other side may take, and shorter than a node waits that passed the request on to this one.
const PATIENCE: Duration = Duration::from_secs(9);

/// What the other side tells when its patience is over arrives within it.
const GRACE: Duration = Duration::from_secs(1);

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passed {
    /// It was carried out.
    Answered {
        /// What to answer to the client.
        outcome: Outcome,
        /// Key and body, where the outcome carries one.
        body: Option<Stored>,
    },
    /// Nothing was changed that would have to be known: look again where the session lives.
    Nothing,
    /// It may have been done, and to do it again could undo what came after.
    Unknown,
}

impl DataCentres {
    /// Asks `to`, until it counts as lost or `give_up`.
    pub async fn pass_on(&self, to: DataCentre, forward: Forward, give_up: Duration) -> Passed {
        let Some(neighbour) = self.neighbour(to) else { return Passed::Nothing };
        for again in 0..TRIES {
            if again > 0 {
                // Whoever is lost meanwhile is not asked.
                drop(timeout(PAUSE, neighbour.until_lost()).await);
            }
            let patience = give_up.saturating_sub(self.clock.boottime());
            if neighbour.is_lost() || patience.is_zero() {
                break;
            }
            if let Some(passed) = self.ask(neighbour, Forward { patience, ..forward.clone() }).await {
                return passed;
            }
        }
        Passed::Nothing
    }

    /// One try; `None` if there may be another one.
    async fn ask(&self, neighbour: &Neighbour, forward: Forward) -> Option<Passed> {
        let harmless = forward.command.may_be_done_twice();
        let asked = self.clock.boottime();
        let patience = PATIENCE.min(forward.patience + GRACE);
        let over = Box::pin(async move { drop(timeout(patience, neighbour.until_lost()).await) });
        let question = Question { epoch: 0, ask: Ask::Forward(forward) };
        let result = self.links.ask(neighbour.name(), question, over).await;
        let now = self.clock.boottime();
        let (counted, passed) = match result {
            // None of these is a sign of life: who cannot reach the backing store answers as well. Probes tell.
            Ok(Answered { reply: Reply::Forwarded { outcome, body }, .. }) => {
                (GatewayResult::Answered, Some(Passed::Answered { outcome, body }))
            }
            Ok(Answered { reply: Reply::Retry { .. }, .. }) => {
                (GatewayResult::Elsewhere, Some(Passed::Nothing))
            }
            Ok(_) if harmless => (GatewayResult::Unavailable, Some(Passed::Nothing)),
            Ok(_) => (GatewayResult::Unavailable, Some(Passed::Unknown)),
            Err(no_answer) => {
                if !neighbour.is_lost() && self.links.are_ready(neighbour.name()) {
                    let problem = self.problem(neighbour, no_answer);
                    neighbour.failed(asked, now, problem, &self.metrics);
                }
                match no_answer {
                    NoAnswer::NotSent => (GatewayResult::NotSent, None),
                    NoAnswer::Unknown if harmless => (GatewayResult::Unknown, None),
                    NoAnswer::Unknown => (GatewayResult::Unknown, Some(Passed::Unknown)),
                }
            }
        };
        self.metrics.data_centres.requests.inc(counted);
        passed
    }
}
