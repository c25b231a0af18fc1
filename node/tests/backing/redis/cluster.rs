//! A Redis Cluster of three.

use std::sync::Arc;

use cloakroom_engines::{Proxy, Redis, RedisCluster, RedisOptions};
use cloakroom_node::backing::{Change, Stored, Swap, Swapped};
use cloakroom_node_config::{BackingStore, RedisTopology};
use parking_lot::Mutex;

use super::config;
use crate::cases;
use crate::check::{World, check};
use crate::engine::{Engine, Trouble};
use crate::eventually::until;
use crate::sample::{mark, row};

struct Cluster(Mutex<RedisCluster>);

impl Cluster {
    fn start() -> Arc<Self> {
        Arc::new(Self(Mutex::new(RedisCluster::start(&RedisOptions::default(), 3).unwrap())))
    }
}

impl Engine for Cluster {
    fn name(&self) -> &'static str {
        "Redis Cluster"
    }

    fn config(&self) -> BackingStore {
        // The others are found through one of them.
        config(RedisTopology::Cluster, &self.0.lock().addresses()[..1])
    }

    /// Members tell where they are themselves.
    fn proxy(&self) -> Option<&Proxy> {
        None
    }

    fn can(&self, trouble: Trouble) -> bool {
        matches!(trouble, Trouble::Frozen | Trouble::Full)
    }

    fn trouble(&self, trouble: Trouble, on: bool) {
        for server in self.0.lock().servers() {
            match trouble {
                Trouble::Frozen if on => server.pause(),
                Trouble::Frozen => server.resume(),
                Trouble::Full => server.max_memory(on.into()).unwrap(),
                other => unreachable!("it cannot be given {other:?}"),
            }
        }
    }

    fn held(&self) -> u64 {
        self.0.lock().keys().unwrap()
    }

    fn write_foreign(&self, prefix: &str, key: &[u8]) -> bool {
        let key = prefix.to_owned() + str::from_utf8(key).unwrap();
        let lists = |server: &Redis| server.ask::<()>(&["RPUSH", &key, "a list"]).is_ok();
        assert_eq!(self.0.lock().servers().iter().filter(|server| lists(server)).count(), 1);
        true
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_keeps_the_contract() {
    check(Cluster::start(), &cases::all()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_followed_to_where_its_slot_went() {
    let cluster = Cluster::start();
    let world = World::new(Arc::clone(&cluster) as Arc<dyn Engine>);
    let key = world.config.key_prefix.clone() + "key";
    for version in 1..=4 {
        assert_eq!(world.put(mark(1, version), row(b"key", b"put")).await, Stored::Stored);
        cluster.0.lock().move_slot_of(&key).unwrap();
        let whole = row(b"key", b"swapped");
        let (expected, new) = (Some(mark(1, version)), mark(1, version + 1));
        let swap = Swap { expected, mark: new, attempt: version, change: Change::Whole(&whole) };
        assert_eq!(world.swap(b"key", swap).await, Swapped::Done);
        assert_eq!(world.put(mark(1, version + 1), row(b"key", b"put")).await, Stored::Stored);
    }
    assert_eq!(world.engine.held(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_that_is_gone_takes_its_part_with_it_until_it_is_back() {
    let cluster = Cluster::start();
    let world = World::new(Arc::clone(&cluster) as Arc<dyn Engine>);
    let all = || (0..30_u8).map(|number| [number]);
    for key in all() {
        world.put(mark(1, 1), row(&key, b"body")).await;
    }
    // The one that the configuration names: the others must do for finding it again.
    cluster.0.lock().servers_mut()[0].kill();
    let answers = async || {
        let mut failed = 0;
        for key in all() {
            failed += usize::from(world.store.claim(&key, 0).await.is_err());
        }
        failed
    };
    let failed = until(|failed| *failed > 0, answers).await;
    assert!(failed > 0);
    cluster.0.lock().servers_mut()[0].restart().unwrap();
    until(|failed| *failed == 0, answers).await;
    assert_eq!(world.put(mark(1, 2), row(&[0], b"body")).await, Stored::Stored);
}
