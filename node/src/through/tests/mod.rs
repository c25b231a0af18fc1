//! Nodes in front of one engine, in virtual time.
#![expect(clippy::disallowed_methods, reason = "the tests' clock shows tokio's paused time")]

mod engine;
mod gone;
mod list;
mod lost;
mod model;
mod offers;
mod renewal;
mod swing;
mod together;
mod trust;

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_location::DataCentre;
use cloakroom_session::{Command, CookieField, FIRST_COOKIE, Outcome, Timeout};
use tokio::time::Instant;

use super::{Behalf, Homes, Refused, Request, Setup, Through, Trust};
use crate::backing::memory::MemoryStore;
use crate::backing::{Kept, Value};
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::store::{Answer, Row, Stored};
use engine::Engine;

const KEY: &[u8] = b"app/session";
const SECOND: Duration = Duration::from_secs(1);
/// How long the clients of these tests wait.
const PATIENCE: Duration = Duration::from_secs(8);
const LIFETIME_MAX: u32 = 5;

#[derive(Debug)]
struct TestClock(Instant);

impl Clock for TestClock {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn local_ticks(&self) -> i64 {
        0
    }
}

/// Two nodes and an engine.
struct World {
    clock: Arc<TestClock>,
    engine: Arc<Engine>,
    metrics: [Arc<Metrics>; 2],
    nodes: [Through; 2],
}

fn minutes(minutes: u32) -> Timeout {
    Timeout::from_minutes(minutes).unwrap()
}

fn stored(body: &str) -> Stored {
    Stored::new(KEY, body.as_bytes())
}

fn set(cookie: Option<i32>) -> Command {
    let cookie = cookie.map_or(CookieField::Missing, CookieField::Value);
    Command::Set { timeout: minutes(20), uninitialised: false, cookie }
}

fn release(cookie: i32) -> Command {
    Command::Release { cookie: CookieField::Value(cookie) }
}

fn body(answer: &Answer) -> Option<&str> {
    answer.body.as_ref().map(|body| std::str::from_utf8(body.body()).unwrap())
}

impl World {
    /// Inside a runtime whose time is paused.
    fn new() -> Self {
        Self::with_cache(1 << 20)
    }

    fn with_cache(cache_bytes: u64) -> Self {
        Self::of([1, 2].map(|seed| (seed, None)), cache_bytes)
    }

    /// Node 0 is data centre 1, node 1 is data centre 2, and each can ask the other.
    fn of_data_centres() -> Self {
        let number = |number| DataCentre::new(number).unwrap();
        let homes = |here, there| Homes { here: number(here), peers: [number(there)].into() };
        Self::of([(1, Some(homes(1, 2))), (2, Some(homes(2, 1)))], 1 << 20)
    }

    fn of(nodes: [(u64, Option<Homes>); 2], cache_bytes: u64) -> Self {
        let clock = Arc::new(TestClock(Instant::now()));
        let engine = Arc::new(Engine::new(MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>)));
        let metrics = [(); 2].map(|()| Arc::new(Metrics::new("test", 0)));
        let mut counted = metrics.iter();
        let nodes = nodes.map(|(seed, homes)| {
            Through::new(Setup {
                backing: Arc::clone(&engine) as _,
                clock: Arc::clone(&clock) as _,
                metrics: Arc::clone(counted.next().expect("one each")),
                lifetime_max: minutes(LIFETIME_MAX),
                cache_bytes,
                seed,
                homes,
            })
        });
        Self { clock, engine, metrics, nodes }
    }

    fn request<'a>(&self, command: Command, content: Option<&'a Stored>, trust: Trust) -> Request<'a> {
        let give_up = self.clock.boottime() + PATIENCE;
        Request {
            key: KEY,
            command,
            content,
            epoch: 1,
            first_cookie: FIRST_COOKIE,
            trust,
            behalf: Behalf::Clients,
            give_up,
        }
    }

    async fn ask(&self, node: usize, trust: Trust, command: Command, body: &str) -> Result<Answer, Refused> {
        self.ask_for(node, trust, Behalf::Clients, command, body).await
    }

    async fn ask_for(
        &self,
        node: usize,
        trust: Trust,
        behalf: Behalf,
        command: Command,
        body: &str,
    ) -> Result<Answer, Refused> {
        let content = stored(body);
        let content = matches!(command, Command::Set { .. }).then_some(&content);
        let request = Request { behalf, ..self.request(command, content, trust) };
        self.nodes[node].serve(request, ready(None)).await
    }

    /// By the owner, node 0.
    async fn owner(&self, command: Command, body: &str) -> Answer {
        self.ask(0, Trust::Owner, command, body).await.unwrap()
    }

    /// By the stand-in, node 1.
    async fn stand_in(&self, command: Command, body: &str) -> Answer {
        self.ask(1, Trust::StandIn, command, body).await.unwrap()
    }

    /// The cookie of a lock that must be granted.
    async fn lock(&self, node: usize, trust: Trust) -> i32 {
        match self.ask(node, trust, Command::Acquire, "").await.unwrap().outcome {
            Outcome::Acquired { cookie, .. } => cookie,
            other => panic!("{other:?}"),
        }
    }

    /// The session as the engine has it.
    fn row(&self) -> Option<Row> {
        match self.engine.memory.peek(KEY)? {
            Kept { value: Value::Row(row), .. } => Some(row),
            Kept { value: Value::Tombstone, .. } => None,
        }
    }

    fn locked(&self) -> bool {
        self.row().is_some_and(|row| row.locked.is_some())
    }

    /// Nobody is inside a gate or waits before one.
    fn gates_are_gone(&self) -> bool {
        self.nodes.iter().all(|node| node.0.gates.len() == 0)
    }
}

async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}
