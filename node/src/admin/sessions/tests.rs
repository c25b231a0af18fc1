//! Who sees what of which sessions.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::{
    body::to_bytes,
    extract::{ConnectInfo, FromRequestParts as _, Query, State},
    http::{HeaderMap, Request, Response, StatusCode, Uri, header::HOST},
};
use cloakroom_node_config::{Acknowledge, NodeConfig};
use cloakroom_protocol::aspnet::{key_into, target};
use cloakroom_session::{Command, CookieField, Outcome, Timeout};
use serde_json::{Value, json};

use super::{AdminState, Asked, break_lock, caller::CHALLENGE, largest, locked};
use crate::admin::tests::state;
use crate::clock::Clock;
use crate::disk::checkpoint::Identity;
use crate::disk::volume::{Volume, memory::MemoryVolume};
use crate::gateway::Gateway;
use crate::metrics::Metrics;
use crate::store::{At, Execution, Opened, Settings, Store, Stored};

const APP: &str = "/LM/W3SVC/1/ROOT";
const HERE: &str = "127.0.0.1:5";
const ELSEWHERE: &str = "10.0.0.5:5";

/// Stands still until told otherwise.
#[derive(Debug, Default)]
struct Hands(AtomicU64);

impl Clock for Hands {
    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::SeqCst))
    }

    fn local_ticks(&self) -> i64 {
        0
    }
}

struct World {
    state: AdminState,
    store: Arc<Store>,
    clock: Arc<Hands>,
}

fn key(id: &str) -> Vec<u8> {
    let mut key = Vec::new();
    key_into(target(APP, id).unwrap().as_bytes(), &mut key);
    key
}

impl World {
    fn new() -> Self {
        let (_, state) = state();
        let clock = Arc::new(Hands::default());
        let volume: Arc<dyn Volume> = Arc::new(MemoryVolume::default());
        let settings =
            Settings { acknowledge: Acknowledge::Memory, ..Settings::from(&NodeConfig::default()) };
        let opened = Store::open(
            &volume,
            settings,
            Arc::clone(&clock) as Arc<dyn Clock>,
            Arc::new(Metrics::new("test", 0)),
            || Identity { id: [1; 16], hash_key: [2; 16] },
            &mut |_| {},
        );
        let Opened { store, .. } = opened.unwrap();
        state.sessions.serve(Gateway::Alone(Arc::clone(&store)));
        Self { state, store, clock }
    }

    fn ask(&self, id: &str, command: Command, body: &[u8]) -> Outcome {
        let content = Stored::new(&key(id), body);
        let content = matches!(command, Command::Set { .. }).then_some(&content);
        match self.store.execute(At::ALONE, &key(id), command, content) {
            Execution::Answered(answer) => answer.outcome,
            other => panic!("{other:?}"),
        }
    }

    fn put(&self, id: &str, body: &[u8]) {
        let timeout = Timeout::from_minutes(20).unwrap();
        self.ask(id, Command::Set { timeout, uninitialised: false, cookie: CookieField::Missing }, body);
    }

    fn later(&self, seconds: u64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    async fn page(
        &self,
        uri: &'static str,
        caller: &str,
        headers: HeaderMap,
    ) -> (StatusCode, HeaderMap, String) {
        let caller = ConnectInfo(caller.parse::<SocketAddr>().unwrap());
        let (mut parts, ()) = Request::get(uri).body(()).unwrap().into_parts();
        let asked = Query::<Asked>::from_request_parts(&mut parts, &()).await;
        let (state, uri) = (State(self.state.clone()), Uri::from_static(uri));
        let answer = match uri.path() {
            "/sessions/locked" => locked(state, caller, uri, headers, asked).await,
            _ => largest(state, caller, uri, headers, asked).await,
        };
        whole(answer).await
    }

    /// What a caller of this machine is shown.
    async fn shown(&self, uri: &'static str) -> Value {
        let (status, _, body) = self.page(uri, HERE, HeaderMap::new()).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    async fn broken(&self, body: &str) -> (StatusCode, String) {
        let caller = ConnectInfo(HERE.parse::<SocketAddr>().unwrap());
        let (state, uri) = (State(self.state.clone()), Uri::from_static("/sessions/break"));
        let (status, _, told) =
            whole(break_lock(state, caller, uri, HeaderMap::new(), body.to_owned()).await).await;
        (status, told)
    }
}

async fn whole(answer: Response<axum::body::Body>) -> (StatusCode, HeaderMap, String) {
    let (head, body) = answer.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    (head.status, head.headers, String::from_utf8(body.to_vec()).unwrap())
}

fn column(page: &Value, name: &str) -> Vec<Value> {
    page["sessions"].as_array().unwrap().iter().map(|row| row[name].clone()).collect()
}

#[tokio::test]
async fn the_longest_locked_come_first_and_ids_only_when_asked_for() {
    let world = World::new();
    for id in ["a", "b", "c"] {
        world.put(id, b"very secret");
    }
    for id in ["b", "a"] {
        assert!(matches!(world.ask(id, Command::Acquire, b""), Outcome::Acquired { cookie: 2, .. }));
        world.later(10);
    }
    let page = world.shown("/sessions/locked?ids=true").await;
    let row = |id: &str, age: u64, hash: &Value| {
        json!({"hash": hash, "app": APP, "id": id, "bytes": 11, "timeoutMinutes": 20, "remainingSeconds": 1200 - age,
               "lock": {"ageSeconds": age, "cookie": 2}})
    };
    let hashes = column(&page, "hash");
    assert_eq!(page, json!({"total": 2, "sessions": [row("b", 20, &hashes[0]), row("a", 10, &hashes[1])]}));

    let page = world.shown("/sessions/locked?limit=1").await;
    assert_eq!(
        page,
        json!({"total": 2, "sessions": [{"hash": hashes[0], "app": APP, "bytes": 11, "timeoutMinutes": 20,
               "remainingSeconds": 1180, "lock": {"ageSeconds": 20}}]})
    );
    assert_ne!(hashes[0], hashes[1]);
    world.later(20 * 60 - 15);
    let page = world.shown("/sessions/locked?ids=true").await;
    assert_eq!(column(&page, "id"), ["a"], "b has expired");
}

#[tokio::test]
async fn the_largest_come_first() {
    let world = World::new();
    for (id, bytes) in [("a", 3), ("b", 5000), ("c", 70_000)] {
        world.put(id, &vec![b'x'; bytes]);
    }
    let page = world.shown("/sessions/largest?ids=true&limit=2").await;
    assert_eq!(
        (column(&page, "id"), column(&page, "bytes")),
        (vec!["c".into(), "b".into()], vec![70_000.into(), 5000.into()])
    );
    assert_eq!((&page["total"], column(&page, "lock")), (&json!(3), vec![Value::Null; 2]));
    let page = world.shown("/sessions/largest").await;
    assert_eq!(column(&page, "bytes"), [70_000, 5000, 3]);
    assert_eq!(column(&page, "id"), vec![Value::Null; 3]);
}

#[tokio::test]
async fn what_cannot_be_shown_says_why() {
    let world = World::new();
    let check = async |uri: &'static str, expected: StatusCode, why: &str| {
        let (status, _, told) = world.page(uri, HERE, HeaderMap::new()).await;
        assert!(status == expected && told.contains(why), "{uri}: {status} {told}");
    };
    for uri in ["/sessions/locked?limit=0", "/sessions/locked?limit=1001"] {
        check(uri, StatusCode::BAD_REQUEST, "a limit of 1 to 1000").await;
    }
    for uri in ["/sessions/locked?limit=x", "/sessions/largest?limt=1"] {
        check(uri, StatusCode::BAD_REQUEST, "write ?limit=NUMBER").await;
    }
    let busy = world.state.sessions.listing.try_acquire().unwrap();
    check("/sessions/locked", StatusCode::TOO_MANY_REQUESTS, "ask again").await;
    drop(busy);
    check("/sessions/locked", StatusCode::OK, r#"{"total":0,"sessions":[]}"#).await;
    let (_, state) = state();
    let world = World { state, ..world };
    let (status, _, told) = world.page("/sessions/locked", HERE, HeaderMap::new()).await;
    assert!(status == StatusCode::SERVICE_UNAVAILABLE && told.contains("not serve sessions yet"), "{told}");
}

#[tokio::test]
async fn without_a_key_only_this_machine_is_shown_anything() {
    let world = World::new();
    let (status, headers, told) = world.page("/sessions/locked", ELSEWHERE, HeaderMap::new()).await;
    assert!(status == StatusCode::FORBIDDEN && told.contains("call it there"), "{told}");
    assert!(!headers.contains_key(CHALLENGE), "there is nothing to sign with");
}

#[tokio::test]
async fn a_web_page_is_shown_nothing() {
    let world = World::new();
    let headers = HeaderMap::from_iter([(HOST, "rebound.example:9424".parse().unwrap())]);
    let (status, _, told) = world.page("/sessions/locked", HERE, headers).await;
    assert!(status == StatusCode::FORBIDDEN && told.contains("not for web pages"), "{told}");
}

#[tokio::test]
async fn a_lock_is_broken_by_its_cookie() {
    let world = World::new();
    world.put("a", b"x");
    world.ask("a", Command::Acquire, b"");
    let body = |id: &str, cookie: i32| json!({"app": APP, "id": id, "cookie": cookie}).to_string();
    let check = async |body: &str, expected: StatusCode, what: &str| {
        let (status, told) = world.broken(body).await;
        assert!(status == expected && told.contains(what), "{body}: {status} {told}");
    };
    check(&body("a", 9), StatusCode::CONFLICT, "with cookie 2").await;
    check(&body("none", 2), StatusCode::NOT_FOUND, "no such session").await;
    check(&body("a", -1), StatusCode::BAD_REQUEST, "from 0 to 2147483647").await;
    check(&body("", 2), StatusCode::BAD_REQUEST, "1 to 80 characters").await;
    check("{}", StatusCode::BAD_REQUEST, r#"write {"app": "#).await;
    assert!(matches!(world.ask("a", Command::Get, b""), Outcome::Locked { cookie: 2, .. }));
    check(&body("a", 2), StatusCode::OK, "not locked").await;
    assert!(matches!(world.ask("a", Command::Get, b""), Outcome::Found { .. }));
}
