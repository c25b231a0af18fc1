//! A master and its replica, behind three Sentinels.

use std::sync::Arc;

use cloakroom_engines::{Proxy, RedisOptions, Sentinels};
use cloakroom_node::backing::Stored;
use cloakroom_node_config::{BackingStore, RedisTopology};
use parking_lot::Mutex;

use super::{config, with};
use crate::cases;
use crate::check::{World, check};
use crate::engine::{Engine, Trouble};
use crate::eventually::until;
use crate::sample::{flush, mark, row};

struct Watched(Mutex<Sentinels>);

impl Watched {
    fn start() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Sentinels::start(&RedisOptions::default()).unwrap())))
    }
}

impl Engine for Watched {
    fn name(&self) -> &'static str {
        "Redis behind Sentinels"
    }

    fn config(&self) -> BackingStore {
        let sentinels = self.0.lock();
        with(config(RedisTopology::Sentinel, &sentinels.addresses()), |redis| {
            redis.master_name = Some(sentinels.master_name().to_owned());
        })
    }

    /// Sentinels tell where the master is.
    fn proxy(&self) -> Option<&Proxy> {
        None
    }

    fn can(&self, trouble: Trouble) -> bool {
        trouble == Trouble::Full
    }

    fn trouble(&self, trouble: Trouble, on: bool) {
        assert_eq!(trouble, Trouble::Full);
        self.0.lock().first().max_memory(on.into()).unwrap();
    }

    fn held(&self) -> u64 {
        self.0.lock().first().keys().unwrap()
    }

    fn write_foreign(&self, prefix: &str, key: &[u8]) -> bool {
        let key = prefix.to_owned() + str::from_utf8(key).unwrap();
        self.0.lock().first().ask::<()>(&["RPUSH", &key, "a list"]).unwrap();
        true
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_behind_sentinels_keeps_the_contract() {
    check(Watched::start(), &cases::all()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_new_master_is_found_by_itself() {
    let watched = Watched::start();
    let world = World::new(Arc::clone(&watched) as Arc<dyn Engine>);
    world.put(mark(1, 1), row(b"key", b"body")).await;
    watched.0.lock().first().ask::<u64>(&["WAIT", "1", "10000"]).unwrap();
    watched.0.lock().fail_over().unwrap();
    let put = async || world.store.store(&[flush(mark(1, 2), row(b"key", b"next"))]).await.remove(0);
    until(|stored| *stored == Ok(Stored::Stored), put).await.unwrap();
    assert_eq!(world.body(b"key").await, (mark(1, 2), b"next".to_vec()));
}
