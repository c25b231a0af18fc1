//! Looking whether a data centre answers, so that clients need not find out.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::DataCentres;
use super::neighbour::Neighbour;
use crate::peers::{Answered, Ask, NoAnswer, Question, Reply};

/// Between two looks.
const PERIOD: Duration = Duration::from_millis(250);
/// An answer that takes longer is none: several times the way round the world.
const PATIENCE: Duration = Duration::from_millis(500);

impl DataCentres {
    /// Looks again and again.
    pub(super) async fn probe(&self, neighbour: &Neighbour) {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let asked = self.clock.boottime();
            if !self.links.are_ready(neighbour.name()) || !neighbour.may_probe(asked) {
                continue;
            }
            let question = Question { epoch: 0, ask: Ask::Beacon { settled: 0 } };
            let over = Box::pin(async {
                drop(tokio::time::timeout(PATIENCE, std::future::pending::<()>()).await);
            });
            let problem = match self.links.ask(neighbour.name(), question, over).await {
                Ok(Answered { reply: Reply::Beacon { .. }, .. }) => {
                    neighbour.answered(self.clock.boottime(), &self.metrics);
                    continue;
                }
                // That one stops, and serves until others are asked.
                Ok(Answered { reply: Reply::Retry { .. }, .. }) => {
                    self.links.leave(neighbour.name());
                    neighbour.answered(self.clock.boottime(), &self.metrics);
                    continue;
                }
                Ok(_) => "it answers, and cannot serve: no ring, or no backing store".to_owned(),
                Err(no_answer) => self.problem(neighbour, no_answer),
            };
            neighbour.failed(asked, self.clock.boottime(), problem, &self.metrics);
        }
    }

    /// Why there was no answer, for people.
    pub(super) fn problem(&self, neighbour: &Neighbour, no_answer: NoAnswer) -> String {
        match (no_answer, self.links.problem(neighbour.name())) {
            (NoAnswer::NotSent, Some(problem)) => problem,
            (NoAnswer::NotSent, None) => "its gateway cannot be reached".to_owned(),
            (NoAnswer::Unknown, _) => "its gateway was asked and did not answer".to_owned(),
        }
    }
}
