//! An engine that is slow, away, unwilling or forgetful.

use std::time::Duration;

use cloakroom_node::backing::FaultKind;

use super::Trouble;
use crate::engine::{Condition, Engine, NAME};
use crate::network::Link;
use crate::time::pass;

impl Trouble {
    /// The ways between some nodes and the engine are like that for a while, in one direction or in both.
    pub(super) async fn engine_ways(&self, link: Link) {
        let Some(engine) = self.engine.as_ref() else { return };
        let (all, there, back) = (self.chance.percent(50), self.chance.percent(70), self.chance.percent(70));
        let names = self.machines.iter().map(|machine| machine.name());
        let chosen: Vec<&str> = names.filter(|_| all || self.chance.percent(40)).collect();
        self.trace.note(format_args!("{} ways to the engine are {link:?}", chosen.len()));
        let set = |link: Link| {
            for node in &chosen {
                if there {
                    self.network.set(node, NAME, link);
                }
                if back || !there {
                    self.network.set(NAME, node, link);
                }
            }
        };
        self.during(engine, self.chance.millis(200, 3_000), || set(link), || set(Link::default())).await;
    }

    pub(super) async fn engine_turns(&self, condition: Condition) {
        let Some(engine) = self.engine.as_ref() else { return };
        let end = || engine.turn(Condition::Well);
        self.during(engine, self.chance.millis(100, 3_000), || engine.turn(condition), end).await;
    }

    pub(super) fn refusal(&self) -> Condition {
        let kinds = [FaultKind::ReadOnly, FaultKind::Full, FaultKind::Refused];
        Condition::Refuses(self.chance.pick(&kinds))
    }

    pub(super) async fn fail_over(&self) {
        let Some(engine) = self.engine.as_ref() else { return };
        let replica = engine.replica();
        let behind = self.chance.millis(0, 300);
        pass(behind).await;
        let end = || {
            engine.fail_over(replica);
            engine.turn(Condition::Well);
        };
        let away = self.chance.millis(50, 1_000);
        self.during(engine, away, || engine.turn(Condition::Down), end).await;
    }

    async fn during(&self, engine: &Engine, time: Duration, begin: impl FnOnce(), end: impl FnOnce()) {
        engine.trouble_begins();
        begin();
        pass(time).await;
        end();
        engine.trouble_ends();
    }
}
