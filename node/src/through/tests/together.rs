//! An owner and a stand-in serve the same session at once, through an engine that loses questions and answers.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_session::{Command, Outcome};
use parking_lot::Mutex;
use proptest::prelude::*;

use super::engine::Trouble;
use super::{Behalf, Refused, SECOND, Trust, World, body, pass, release, set};

/// What one client does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    Pause(u64),
    Read,
    /// Locks, works for so many milliseconds, and commits.
    Commit(u64),
    /// Locks and unlocks.
    Release,
    /// Asks for the lock and goes away after so many milliseconds.
    GoAway(u64),
}

/// What clients know together.
#[derive(Default)]
pub(super) struct Ledger {
    holder: Option<usize>,
    /// Commits asked for so far; a body is the number of its commit.
    asked: u64,
    /// The last commit that was answered, or seen by a later holder.
    sure: u64,
    /// Commits since then that were not answered.
    open: Vec<u64>,
    granted: u64,
}

/// Who serves clients.
pub(super) trait Asks: Send + Sync + 'static {
    /// Serves the client of that number.
    fn ask(
        &self,
        client: usize,
        command: Command,
        body: &str,
    ) -> impl Future<Output = Result<super::Answer, Refused>> + Send;

    fn world(&self) -> &World;

    /// From now on nothing fails.
    fn calm_down(&self) {
        self.world().engine.troubles.lock().clear();
    }
}

/// An owner, and a node that stands in for it.
impl Asks for World {
    async fn ask(&self, client: usize, command: Command, body: &str) -> Result<super::Answer, Refused> {
        let (node, trust) = if client.is_multiple_of(2) { (0, Trust::Verify) } else { (1, Trust::StandIn) };
        self.ask_for(node, trust, Behalf::Clients, command, body).await
    }

    fn world(&self) -> &World {
        self
    }
}

struct Client<'a, A> {
    number: usize,
    asks: &'a A,
    ledger: &'a Mutex<Ledger>,
}

impl<A: Asks> Client<'_, A> {
    async fn ask(&self, command: Command, body: &str) -> Result<super::Answer, Refused> {
        self.asks.ask(self.number, command, body).await
    }

    async fn run(&self, deeds: &[Deed]) {
        for deed in deeds {
            match *deed {
                Deed::Pause(millis) => pass(Duration::from_millis(millis)).await,
                Deed::Read => self.read().await,
                Deed::Commit(millis) => {
                    if let Some(cookie) = self.lock().await {
                        pass(Duration::from_millis(millis)).await;
                        self.commit(cookie).await;
                    }
                }
                Deed::Release => {
                    if let Some(cookie) = self.lock().await {
                        self.release(cookie).await;
                    }
                }
                Deed::GoAway(millis) => {
                    let acquiring = self.ask(Command::Acquire, "");
                    let answered = tokio::time::timeout(Duration::from_millis(millis), acquiring).await;
                    if let Ok(Ok(answer)) = answered
                        && let Some(cookie) = self.granted(&answer)
                    {
                        self.release(cookie).await;
                    }
                }
            }
        }
    }

    async fn read(&self) {
        let sure = self.ledger.lock().sure;
        if let Ok(answer) = self.ask(Command::Get, "").await
            && let Some(body) = body(&answer)
        {
            let read: u64 = body.parse().unwrap();
            let asked = self.ledger.lock().asked;
            assert!(
                (sure..=asked).contains(&read),
                "read {read}, {sure} was answered before, {asked} asked for"
            );
        }
    }

    async fn lock(&self) -> Option<i32> {
        self.granted(&self.ask(Command::Acquire, "").await.ok()?)
    }

    fn granted(&self, answer: &super::Answer) -> Option<i32> {
        let Outcome::Acquired { cookie, .. } = answer.outcome else { return None };
        let mut ledger = self.ledger.lock();
        assert_eq!(ledger.holder, None, "client {} was given the lock as well", self.number);
        let read: u64 = body(answer).unwrap().parse().unwrap();
        let sure = ledger.sure;
        assert!(
            read == sure || ledger.open.contains(&read),
            "found {read}, {sure} was answered, {:?}",
            ledger.open
        );
        ledger.holder = Some(self.number);
        ledger.granted += 1;
        ledger.sure = read;
        ledger.open.clear();
        Some(cookie)
    }

    async fn commit(&self, cookie: i32) {
        let number = {
            let mut ledger = self.ledger.lock();
            ledger.holder = None;
            ledger.asked += 1;
            let number = ledger.asked;
            ledger.open.push(number);
            number
        };
        match self.ask(set(Some(cookie)), &number.to_string()).await {
            Ok(answer) => {
                assert_eq!(answer.outcome, Outcome::Stored, "nobody breaks locks here");
                let mut ledger = self.ledger.lock();
                ledger.sure = ledger.sure.max(number);
            }
            Err(Refused::Unknown) => self.release(cookie).await,
            Err(Refused::Unreachable(_) | Refused::TooSlow | Refused::Elsewhere(_) | Refused::NotHere) => {
                // Nothing was changed, so nobody may ever see it.
                self.ledger.lock().open.retain(|open| *open != number);
                self.release(cookie).await;
            }
        }
    }

    /// Until it is sure that this client does not have the lock any more.
    async fn release(&self, cookie: i32) {
        self.ledger.lock().holder = None;
        while self.ask(release(cookie), "").await.is_err() {
            pass(SECOND / 10).await;
        }
    }
}

fn check(clients: &[Vec<Deed>], troubles: &[Trouble]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(async {
        let (world, ledger) = (Arc::new(World::new()), Arc::new(Mutex::new(Ledger::default())));
        check_ledger(&world, &ledger, clients, troubles).await;
    });
}

/// Lets the clients do their deeds, and looks whether anybody was told what is not so.
pub(super) async fn check_ledger<A: Asks>(
    asks: &Arc<A>,
    ledger: &Arc<Mutex<Ledger>>,
    clients: &[Vec<Deed>],
    troubles: &[Trouble],
) {
    let world = asks.world();
    asks.ask(0, set(None), "0").await.unwrap();
    world.engine.trouble(troubles.iter().copied());
    let running = clients.iter().enumerate().map(|(number, deeds)| {
        let (asks, ledger, deeds) = (Arc::clone(asks), Arc::clone(ledger), deeds.clone());
        tokio::spawn(async move {
            Client { number, asks: &*asks, ledger: &ledger }.run(&deeds).await;
        })
    });
    for client in running.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    asks.calm_down();
    pass(SECOND * 10).await;
    let last = Client { number: 1, asks: &**asks, ledger };
    assert!(last.lock().await.is_some(), "a lock was left that nobody knows of");
    assert!(world.gates_are_gone());
}

pub(super) fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        2 => (0..300_u64).prop_map(Deed::Pause),
        2 => Just(Deed::Read),
        4 => (0..50_u64).prop_map(Deed::Commit),
        1 => Just(Deed::Release),
        1 => (0..400_u64).prop_map(Deed::GoAway),
    ]
}

pub(super) fn trouble() -> impl Strategy<Value = Trouble> {
    let millis = (1..300_u64).prop_map(Duration::from_millis);
    prop_oneof![
        6 => Just(Trouble::None),
        6 => millis.clone().prop_map(Trouble::Slow),
        2 => Just(Trouble::AnswerLost),
        2 => Just(Trouble::QuestionLost),
        2 => millis.prop_map(Trouble::Late),
        1 => Just(Trouble::Away),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn locks_exclude_and_nothing_answered_is_lost(
        clients in prop::collection::vec(prop::collection::vec(deed(), 1..12), 2..6),
        troubles in prop::collection::vec(trouble(), 0..150),
    ) {
        check(&clients, &troubles);
    }
}
