//! What must be true once a cluster is at rest: every session readable through every node, once there or not at all,
//! and with as much time left as its last visitor may expect.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_node::store::Held;
use cloakroom_session::Timeout;

use crate::chance::Chance;
use crate::history::{Action, Seen};
use crate::time::pass;
use crate::visitor::{Visitor, Web};

/// A renewal is written down only when it moved this far (a quarter of the timeout, at most a minute).
const SLACK: Duration = Duration::from_secs(60);
/// After a restart or a move some of the nodes may have to hear from each other first.
const ATTEMPTS: u32 = 20;

/// The auditor's findings.
pub(crate) async fn audit(keys: &[String], web: &Arc<Web>, chance: &Chance) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut present = 0;
    for key in keys {
        let reader = Visitor {
            name: "auditor".to_owned(),
            key: key.clone(),
            chance: chance.fork(),
            web: Arc::clone(web),
        };
        reader.read().await;
        match reader.read().await {
            Seen::Absent => {}
            Seen::Found(_) | Seen::Locked(_) => {
                present += 1;
                wrong.extend(remaining(key, web).await);
            }
            other => wrong.push(format!("{key} cannot be read in a cluster at rest: {other:?}")),
        }
    }
    let copies: usize = web.machines.iter().filter_map(|machine| Some(machine.process()?.sessions())).sum();
    if copies != present {
        wrong.push(format!("{present} sessions are there, and the nodes have {copies} rows"));
    }
    wrong
}

impl Visitor {
    async fn read(&self) -> Seen {
        for _ in 1..ATTEMPTS {
            match self.ask(Action::Get).await {
                Seen::Paused | Seen::Nothing => pass(Duration::from_millis(50)).await,
                seen => return seen,
            }
        }
        self.ask(Action::Get).await
    }
}

/// A session that was just read has nearly all of its time, wherever it has been.
async fn remaining(key: &str, web: &Web) -> Option<String> {
    let whole = Duration::from_millis(Timeout::DEFAULT.sliding_millis(Timeout::DEFAULT));
    for machine in &web.machines {
        let Some(process) = machine.process() else { continue };
        if let Ok(Held::Row(row)) = process.held(key).await
            && row.remaining + SLACK < whole
        {
            return Some(format!(
                "{key} has {:?} left at {}, right after it was read",
                row.remaining,
                machine.name()
            ));
        }
    }
    None
}
