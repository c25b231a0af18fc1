//! Clients of two data centres want one session, through an engine that loses questions and answers, while the data
//! centres now reach each other and now take each other for lost.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_session::{Command, Outcome};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use proptest::prelude::*;

use super::super::together::{Asks, Deed, Ledger, check_ledger, deed, trouble};
use super::{Answer, Behalf, Refused, Swung, Trouble, Trust, World, pass, release};

/// What becomes of one request for a session that lives in the other data centre.
#[derive(Clone, Copy, Debug)]
enum Detour {
    /// It is served there.
    Served,
    /// It is served there, and nobody hears of it.
    AnswerLost,
    /// It never gets there.
    QuestionLost,
    /// The other data centre counts as lost.
    TakeOver,
}

/// Two data centres that now and then do not reach each other.
#[derive(Clone)]
struct DataCentres {
    world: Arc<World>,
    /// What becomes of the next requests that take the detour; all later ones are served.
    detours: Arc<Mutex<VecDeque<Detour>>>,
}

impl DataCentres {
    async fn serve(
        &self,
        node: usize,
        behalf: Behalf,
        command: Command,
        body: &str,
    ) -> Result<Answer, Refused> {
        self.world.ask_for(node, Trust::Verify, behalf, command, body).await
    }

    /// What a node does for its clients.
    async fn ask_node(&self, node: usize, command: Command, body: &str) -> Result<Answer, Refused> {
        let harmless = matches!(command, Command::Get | Command::Acquire | Command::Touch);
        let mut behalf = Behalf::Clients;
        for _ in 0..200 {
            let home = match self.serve(node, behalf, command, body).await {
                Err(Refused::Elsewhere(home)) => home,
                served => return served,
            };
            behalf = Behalf::Clients;
            let detour = self.detours.lock().pop_front().unwrap_or(Detour::Served);
            match detour {
                Detour::TakeOver => {
                    behalf = Behalf::TakeOver(home, Swung::Lost);
                    continue;
                }
                Detour::QuestionLost => pass(Duration::from_millis(100)).await,
                Detour::Served => match self.serve(1 - node, Behalf::DataCentre, command, body).await {
                    Err(Refused::NotHere) => {}
                    served => return served,
                },
                Detour::AnswerLost => {
                    let served = self.serve(1 - node, Behalf::DataCentre, command, body).await;
                    if let Ok(Answer { outcome: Outcome::Acquired { cookie, .. }, .. }) = served {
                        // Who granted it learns that it was not delivered.
                        tokio::spawn(self.clone().ask_until_done(1 - node, release(cookie)));
                    }
                    if !harmless && !matches!(served, Err(Refused::NotHere)) {
                        return Err(Refused::Unknown);
                    }
                }
            }
        }
        Err(Refused::TooSlow)
    }

    fn ask_until_done(self, node: usize, command: Command) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            while self.ask_node(node, command, "").await.is_err() {
                pass(Duration::from_millis(100)).await;
            }
        })
    }
}

impl Asks for DataCentres {
    async fn ask(&self, client: usize, command: Command, body: &str) -> Result<Answer, Refused> {
        self.ask_node(client % 2, command, body).await
    }

    fn world(&self) -> &World {
        &self.world
    }

    fn calm_down(&self) {
        self.world.engine.troubles.lock().clear();
        self.detours.lock().clear();
    }
}

fn check(clients: &[Vec<Deed>], troubles: &[Trouble], detours: &[Detour]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(async {
        let detours = Arc::new(Mutex::new(detours.iter().copied().collect()));
        let data_centres = DataCentres { world: Arc::new(World::of_data_centres()), detours };
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        check_ledger(&Arc::new(data_centres), &ledger, clients, troubles).await;
    });
}

fn detour() -> impl Strategy<Value = Detour> {
    prop_oneof![
        4 => Just(Detour::Served),
        1 => Just(Detour::AnswerLost),
        1 => Just(Detour::QuestionLost),
        4 => Just(Detour::TakeOver),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn locks_exclude_and_nothing_answered_is_lost(
        clients in prop::collection::vec(prop::collection::vec(deed(), 1..12), 2..6),
        troubles in prop::collection::vec(trouble(), 0..150),
        detours in prop::collection::vec(detour(), 0..60),
    ) {
        check(&clients, &troubles, &detours);
    }
}
