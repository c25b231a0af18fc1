//! One server, as a user who may do no more than a node needs.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_engines::{Append, Flavour, Proxy, Redis, RedisOptions};
use cloakroom_node::backing::{Change, FaultKind, Stored, Swap, Swapped};
use cloakroom_node_config::{BackingStore, RedisTopology};
use parking_lot::Mutex;

use super::{config, with};
use crate::cases;
use crate::check::{World, check};
use crate::engine::{Engine, Trouble};
use crate::sample::{end, mark, row};

/// What a node asks of Redis, and nothing else. Printed in the documentation.
const RIGHTS: &str = "user cloakroom on >right ~test/* \
    +eval +evalsha +hget +hmget +hset +del +pexpire +pttl +time +ping";

struct Server {
    flavour: Flavour,
    redis: Mutex<Redis>,
    proxy: Proxy,
    folder: tempfile::TempDir,
}

impl Server {
    async fn start(flavour: Flavour) -> Arc<Self> {
        let options = RedisOptions {
            flavour,
            append: Append::Always,
            password: Some("admin".to_owned()),
            settings: vec![RIGHTS.to_owned()],
            ..RedisOptions::default()
        };
        let redis = Redis::start(&options).unwrap();
        let proxy = Proxy::start(redis.address()).await.unwrap();
        let server = Self { flavour, redis: Mutex::new(redis), proxy, folder: tempfile::tempdir().unwrap() };
        fs::write(server.file("username"), "cloakroom\n").unwrap();
        fs::write(server.file("password"), "right\n").unwrap();
        Arc::new(server)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn ask(&self, words: &[&str]) {
        self.redis.lock().ask::<()>(words).unwrap();
    }
}

impl Engine for Server {
    fn name(&self) -> &'static str {
        match self.flavour {
            Flavour::Redis => "Redis",
            Flavour::Valkey => "Valkey",
        }
    }

    fn config(&self) -> BackingStore {
        with(config(RedisTopology::Standalone, &[self.proxy.address()]), |redis| {
            redis.username_file = Some(self.file("username"));
            redis.password_file = Some(self.file("password"));
        })
    }

    fn proxy(&self) -> Option<&Proxy> {
        Some(&self.proxy)
    }

    fn can(&self, _: Trouble) -> bool {
        true
    }

    fn trouble(&self, trouble: Trouble, on: bool) {
        match (trouble, on) {
            (Trouble::Gone, true) => self.redis.lock().kill(),
            (Trouble::Gone, false) => self.redis.lock().restart().unwrap(),
            (Trouble::Frozen, true) => self.redis.lock().pause(),
            (Trouble::Frozen, false) => self.redis.lock().resume(),
            // The replica of a master that is away.
            (Trouble::ReadOnly, true) => self.ask(&["REPLICAOF", "127.0.0.1", "1"]),
            (Trouble::ReadOnly, false) => self.ask(&["REPLICAOF", "NO", "ONE"]),
            (Trouble::Full, on) => self.redis.lock().max_memory(on.into()).unwrap(),
            (Trouble::Password, on) => {
                fs::write(self.file("password"), if on { "wrong\n" } else { "right\n" }).unwrap();
            }
        }
    }

    fn held(&self) -> u64 {
        self.redis.lock().keys().unwrap()
    }

    fn write_foreign(&self, prefix: &str, key: &[u8]) -> bool {
        self.ask(&["RPUSH", &(prefix.to_owned() + str::from_utf8(key).unwrap()), "a list"]);
        true
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_keeps_the_contract() {
    check(Server::start(Flavour::Redis).await, &cases::all()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn valkey_keeps_the_contract() {
    check(Server::start(Flavour::Valkey).await, &cases::all()).await;
}

/// The engine has no room for what nobody can read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_session_lets_go_of_its_body() {
    let server = Server::start(Flavour::Redis).await;
    let world = World::new(Arc::clone(&server) as Arc<dyn Engine>);
    let fields = |key: &str| {
        let key = world.config.key_prefix.clone() + key;
        server.redis.lock().ask::<Vec<String>>(&["HKEYS", &key]).unwrap()
    };
    for key in ["removed", "flushed", "swapped"] {
        world.put(mark(1, 1), row(key.as_bytes(), b"body")).await;
        assert_eq!(fields(key), ["h", "b"]);
    }
    assert_eq!(world.store.remove(b"removed", mark(1, 2)).await, Ok(Stored::Stored));
    assert_eq!(world.flush(end(mark(1, 2), b"flushed", Duration::ZERO)).await, Stored::Stored);
    let swap = Swap { expected: Some(mark(1, 1)), mark: mark(1, 2), attempt: 1, change: Change::Tombstone };
    assert_eq!(world.swap(b"swapped", swap).await, Swapped::Done);
    for key in ["removed", "flushed", "swapped"] {
        assert_eq!(fields(key), ["h"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_question_without_an_answer_the_next_is_not_asked() {
    let server = Server::start(Flavour::Redis).await;
    let world = World::new(Arc::clone(&server) as Arc<dyn Engine>);
    world.store.probe().await.unwrap();
    server.trouble(Trouble::Frozen, true);
    let asked = world.store.remove(b"key", mark(1, 1)).await.unwrap_err();
    let not_asked = world.store.remove(b"key", mark(1, 1)).await.unwrap_err();
    assert_eq!((asked.kind, not_asked.kind), (FaultKind::NoAnswer, FaultKind::Unreachable));
}
