//! What must be true once a cluster is at rest: every session readable through every node, once there or not at all,
//! with as much time left as its last visitor may expect, and the same in the engine as at the nodes.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_node::backing::Value;
use cloakroom_node::store::{Held, Row};
use cloakroom_session::Timeout;

use crate::chance::Chance;
use crate::history::{Action, Seen};
use crate::mode::Mode;
use crate::time::pass;
use crate::visitor::{Visitor, Web};

/// A renewal is written down only when it moved this far (a quarter of the timeout, at most a minute).
const SLACK: Duration = Duration::from_secs(60);
/// After a restart or a move some of the nodes may have to hear from each other first.
const ATTEMPTS: u32 = 20;
/// Between two looks at the engine, which is behind the nodes.
const PAUSE: Duration = Duration::from_millis(100);

/// The auditor's findings about these sessions.
pub(crate) async fn audit(keys: &[String], mode: Mode, web: &Arc<Web>, chance: &Chance) -> Vec<String> {
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
                wrong.extend(remaining(key, mode, web).await);
            }
            other => wrong.push(format!("{key} cannot be read in a cluster at rest: {other:?}")),
        }
    }
    if mode == Mode::Behind {
        for key in keys {
            wrong.extend(catches_up(key, web).await);
        }
    }
    let copies: usize = web.machines.iter().filter_map(|machine| Some(machine.process()?.sessions())).sum();
    let expected = match mode {
        Mode::Disk | Mode::Behind => present,
        Mode::Stall | Mode::Swing => 0,
        // As many as nodes have seen of them.
        Mode::Degrade => copies,
    };
    // How many there are of those that are not judged nobody can say.
    if copies != expected && keys.len() == web.ledger.keys().len() {
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
async fn remaining(key: &str, mode: Mode, web: &Web) -> Option<String> {
    let whole = Duration::from_millis(Timeout::DEFAULT.sliding_millis(Timeout::DEFAULT));
    let row = if mode.is_through() { in_engine(key, web) } else { at_nodes(key, web).await };
    let row = row.filter(|row| row.remaining + SLACK < whole)?;
    Some(format!("{key} has {:?} left, right after it was read", row.remaining))
}

/// After a while the engine has what the nodes have.
async fn catches_up(key: &str, web: &Web) -> Option<String> {
    for _ in 0..ATTEMPTS {
        if same(at_nodes(key, web).await.as_ref(), in_engine(key, web).as_ref()) {
            return None;
        }
        pass(PAUSE).await;
    }
    let (here, there) = (at_nodes(key, web).await, in_engine(key, web));
    Some(format!("{key} is {here:?} at the nodes and {there:?} in the engine"))
}

fn same(here: Option<&Row>, there: Option<&Row>) -> bool {
    let state =
        |row: &Row| (row.content.clone(), row.cookie, row.locked.is_some(), row.uninitialised, row.timeout);
    here.map(state) == there.map(state)
}

async fn at_nodes(key: &str, web: &Web) -> Option<Row> {
    for machine in &web.machines {
        let Some(process) = machine.process() else { continue };
        if let Ok(Held::Row(row)) = process.held(key).await {
            return Some(row);
        }
    }
    None
}

fn in_engine(key: &str, web: &Web) -> Option<Row> {
    match web.engine.as_ref()?.kept(key)?.value {
        Value::Row(row) => Some(row),
        Value::Tombstone => None,
    }
}
