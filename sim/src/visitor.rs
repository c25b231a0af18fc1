//! A browser of one session, and the web server behind it: ASP.NET's traffic as a node sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cloakroom_node::store::Stored;
use cloakroom_session::{Command, CookieField, Outcome, Timeout};

use crate::chance::Chance;
use crate::content;
use crate::engine::Engine;
use crate::history::{Action, Seen};
use crate::ledger::Ledger;
use crate::machine::Machine;
use crate::time::{Time, pass};

/// A web server gives up after this long.
const PATIENCE: Duration = Duration::from_secs(5);
/// A lock older than this is broken, as ASP.NET does after the execution timeout.
const EXECUTION_TIMEOUT: Duration = Duration::from_millis(900);

/// What all visitors share.
#[derive(Debug)]
pub struct Web {
    /// The nodes behind the Service.
    pub machines: Vec<Arc<Machine>>,
    /// The engine, if there is one.
    pub engine: Option<Engine>,
    /// Where each intent and each answer goes.
    pub ledger: Arc<Ledger>,
    /// The clock.
    pub time: Time,
    /// Contents are numbers, and none is written twice.
    pub contents: AtomicU64,
}

/// One visitor of one session.
#[derive(Debug)]
pub struct Visitor {
    /// Who it is, in the trace.
    pub name: String,
    /// The session's key.
    pub key: String,
    /// What it leaves to chance.
    pub chance: Chance,
    /// What it shares.
    pub web: Arc<Web>,
}

impl Visitor {
    /// Loads pages until `end`.
    pub async fn browse(self, end: Duration) {
        while self.web.time.now() < end {
            pass(self.chance.millis(10, 250)).await;
            match self.chance.between(1, 100) {
                1..=58 => self.page().await,
                59..=76 => drop(self.ask(Action::Get).await),
                77..=80 => drop(self.ask(Action::Touch).await),
                81..=86 => drop(self.ask(self.write(0)).await),
                87..=93 => drop(self.ask(Action::Remove { cookie: 0 }).await),
                _ => self.leave().await,
            }
        }
    }

    /// A page that may change the session.
    async fn page(&self) {
        let Some(cookie) = self.lock().await else { return };
        pass(self.chance.millis(0, 60)).await;
        match self.chance.between(1, 100) {
            1..=75 => drop(self.ask(self.write(cookie)).await),
            76..=94 => drop(self.ask(Action::Release { cookie }).await),
            // The server died in the middle of the page.
            _ => {}
        }
    }

    /// Logs out.
    async fn leave(&self) {
        if let Some(cookie) = self.lock().await {
            self.ask(Action::Remove { cookie }).await;
        }
    }

    /// Waits for the lock, starting the session if there is none; `None` if it does not come.
    async fn lock(&self) -> Option<i32> {
        let mut met: Option<(i32, Duration)> = None;
        for _ in 0..12 {
            match self.ask(Action::Acquire).await {
                Seen::Acquired { cookie, .. } => return Some(cookie),
                Seen::Absent => {
                    self.ask(self.write(0)).await;
                    return None;
                }
                Seen::Locked(held) => {
                    let now = self.web.time.now();
                    let since = met.filter(|(cookie, _)| *cookie == held).map_or(now, |(_, since)| since);
                    met = Some((held, since));
                    if now - since >= EXECUTION_TIMEOUT {
                        self.ask(Action::Release { cookie: held }).await;
                    }
                }
                Seen::Paused => {}
                _ => return None,
            }
            pass(self.chance.millis(50, 200)).await;
        }
        None
    }

    fn write(&self, cookie: i32) -> Action {
        Action::Set { value: self.web.contents.fetch_add(1, Ordering::Relaxed) + 1, cookie }
    }

    /// Asks any node that takes the connection.
    pub async fn ask(&self, action: Action) -> Seen {
        loop {
            let alive: Vec<_> = self
                .web
                .machines
                .iter()
                .filter_map(|machine| Some((machine.name(), machine.process()?)))
                .collect();
            if alive.is_empty() {
                pass(self.chance.millis(20, 60)).await;
                continue;
            }
            let (node, process) = self.chance.pick(&alive);
            let pending = self.web.ledger.ask(&self.name, node, &self.key, action);
            let (command, content) = self.command(action);
            let served = process.cluster.serve(self.key.as_bytes(), command, content.as_ref());
            let answer = tokio::select! {
                biased;
                () = process.gone.cancelled() => None,
                answer = tokio::time::timeout(PATIENCE, served) => answer.ok().and_then(Result::ok),
            };
            let seen = answer.map_or(Seen::Nothing, |answer| {
                seen(answer.outcome, answer.body.map(|stored| content::read(&stored)))
            });
            let begun = self.web.ledger.told(&self.name, pending, seen);
            if let (Seen::Removed, Some(engine)) = (seen, &self.web.engine) {
                engine.judge_removed(&self.key, begun);
            }
            return seen;
        }
    }

    fn command(&self, action: Action) -> (Command, Option<Stored>) {
        let shown = |cookie| if cookie == 0 { CookieField::Missing } else { CookieField::Value(cookie) };
        match action {
            Action::Get => (Command::Get, None),
            Action::Acquire => (Command::Acquire, None),
            Action::Release { cookie } => (Command::Release { cookie: shown(cookie) }, None),
            Action::Set { value, cookie } => (
                Command::Set { timeout: Timeout::DEFAULT, uninitialised: false, cookie: shown(cookie) },
                Some(content::write(&self.key, value)),
            ),
            Action::Remove { cookie } => (Command::Remove { cookie: shown(cookie) }, None),
            Action::Touch => (Command::Touch, None),
        }
    }
}

fn seen(outcome: Outcome, value: Option<u64>) -> Seen {
    let value = || value.expect("an answer that shows a session carries its content");
    match outcome {
        Outcome::Found { .. } => Seen::Found(value()),
        Outcome::Acquired { cookie, .. } => Seen::Acquired { value: value(), cookie },
        Outcome::Released { .. } => Seen::Released,
        Outcome::Stored => Seen::Stored,
        Outcome::Removed => Seen::Removed,
        Outcome::Touched => Seen::Touched,
        Outcome::Absent => Seen::Absent,
        Outcome::Locked { cookie: 0, .. } => Seen::Paused,
        Outcome::Locked { cookie, .. } => Seen::Locked(cookie),
        Outcome::Refused { .. } => panic!("every cookie that is shown is well-formed"),
    }
}
