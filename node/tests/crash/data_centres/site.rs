//! Two groups of nodes, an engine, and the ways between them, each of which can be cut.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use cloakroom_client::Read;
use cloakroom_engines::{Proxy, Redis, RedisOptions, free_port};
use cloakroom_ring::State::Active;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::client::{get, key, set};
use crate::cluster::admin;
use crate::cluster::group::Group;
use crate::patience::eventually;

/// Nodes of a data centre.
const NODES: usize = 2;
/// What all gateways know.
pub(crate) const KEY: [u8; 32] = [5; 32];

/// One data centre, and the ways to it and from it.
pub(crate) struct Site {
    pub(crate) group: Group,
    /// The gateway of its first node.
    pub(crate) gateway: SocketAddr,
    /// From the other one to its gateway.
    pub(crate) from_other: Proxy,
    /// From its nodes to the engine.
    pub(crate) to_engine: Proxy,
}

/// `west` and `east`.
pub(crate) struct World {
    pub(crate) west: Site,
    pub(crate) east: Site,
    _redis: Redis,
    _folder: TempDir,
    /// Carries the ways; ends after all that use them.
    _runtime: Runtime,
}

impl World {
    /// Both serving, with nothing stored; `keys` are more keys of `dataCentre`.
    pub(crate) fn start(keys: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let _inside = runtime.enter();
        let redis = Redis::start(&RedisOptions::default()).expect("it is installed");
        let folder = tempfile::tempdir().expect("a place for files");
        let key_file = folder.path().join("gateways");
        std::fs::write(&key_file, KEY).expect("a file of ours");
        let ports = [(); 2 * NODES].map(|()| free_port(IpAddr::V4(Ipv4Addr::LOCALHOST)).expect("a free one"));
        let proxy = |address| runtime.block_on(Proxy::start(address)).expect("loopback");
        let ways = [ports[0], ports[NODES]].map(|port| {
            let gateway = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            (gateway, proxy(gateway), proxy(redis.address()))
        });
        let others = [1, 0].map(|other: usize| ways[other].1.address());
        let mut ways = ways.into_iter().zip(ports.chunks(NODES)).zip(others);
        let mut site = |name: &str, number: u8, other: &str| {
            let (((gateway, from_other, to_engine), ports), other_gateway) = ways.next().expect("two");
            let engine = to_engine.address();
            let config = |port: &u16| {
                let other_number = 3 - number;
                format!(
                    "backingStore: {{mode: writeThrough, timeout: 1s, redis: {{addresses: ['{engine}']}}}}\n\
                     dataCentre: {{group: test/shop, name: {name}, number: {number}, gatewayListen: '127.0.0.1:{port}', \
                     gatewayKeyFile: '{}', {keys} \
                     peers: [{{name: {other}, number: {other_number}, address: '{other_gateway}'}}]}}\n",
                    key_file.display()
                )
            };
            let mut group = Group::start_with(&ports.iter().map(config).collect::<Vec<_>>());
            group.publish(&[(0, Active), (1, Active)]);
            Site { group, gateway, from_other, to_engine }
        };
        let (west, east) = (site("west", 1, "east"), site("east", 2, "west"));
        let world = Self { west, east, _redis: redis, _folder: folder, _runtime: runtime };
        eventually("they reach each other", || world.west.reaches_other() && world.east.reaches_other());
        world
    }
}

impl Site {
    /// Where the session's owner serves, or its other node.
    pub(crate) fn address(&self, number: usize, owner: bool) -> &str {
        let index = self.group.owner(&key(number));
        &self.group.members[if owner { index } else { 1 - index }].state
    }

    /// Whether each node asks the other data centre for its sessions.
    pub(crate) fn reaches_other(&self) -> bool {
        self.group.members.iter().all(|member| {
            let data_centre = &admin::report(&member.admin)["dataCentres"][0];
            data_centre["reachable"] == true && data_centre["problem"].is_null()
        })
    }

    /// Whether each node has given the other data centre up.
    pub(crate) fn misses_other(&self) -> bool {
        self.group
            .members
            .iter()
            .all(|member| admin::report(&member.admin)["dataCentres"][0]["reachable"] == false)
    }

    /// Cuts it off from the other data centre and from the engine, as others see it.
    pub(crate) fn cut_off(&self, other: &Self) {
        self.to_engine.cut();
        self.from_other.cut();
        other.from_other.cut();
    }

    /// Undoes it.
    pub(crate) fn restore(&self, other: &Self) {
        self.to_engine.restore();
        self.from_other.restore();
        other.from_other.restore();
    }

    /// What its nodes have counted together under a metric that is written `name`.
    pub(crate) fn counted(&self, name: &str) -> u64 {
        let counted = self.group.members.iter().map(|member| {
            let (_, text) = admin::ask(&member.admin, "GET", "/metrics", "", "");
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.and_then(|value| value.parse::<u64>().ok()).expect("it is exported")
        });
        counted.sum()
    }

    /// Writes a session until that is answered.
    pub(crate) fn put(&self, number: usize, body: &[u8]) {
        eventually("it is stored", || {
            set(self.address(number, number.is_multiple_of(2)), number, body).is_ok()
        });
    }

    /// Reads a session until that is answered, and never finds it absent.
    pub(crate) fn body(&self, number: usize) -> Vec<u8> {
        let mut body = None;
        eventually("it is found", || match get(self.address(number, number.is_multiple_of(2)), number) {
            Ok(Read::Found(item)) => {
                body = Some(item.body.to_vec());
                true
            }
            Ok(Read::Absent) => panic!("session {number} is lost"),
            Ok(Read::Locked(_)) | Err(_) => false,
        });
        body.expect("it was found")
    }
}
