//! A few nodes and the ring that they share.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use cloakroom_ring::{Member, Ring, State};
use rustix::process::Signal;
use tempfile::TempDir;

use super::admin;
use crate::node::{Node, Setup};
use crate::patience::eventually;

/// Quick to drain, because nobody routes to these nodes.
const CONFIG: &str = "drainSettle: 0s\nhandOff: {bytesPerSecond: 1GiB}\n";
const PEERS: &str = "peers connect to ";
const ADMIN: &str = "metrics and probes on http://";

/// Nodes `n0`, `n1`, … on one machine.
pub(crate) struct Group {
    folder: TempDir,
    pub(crate) members: Vec<Running>,
    ring: Ring,
}

/// One of them.
pub(crate) struct Running {
    setup: Setup,
    /// None while it is stopped.
    node: Option<Node>,
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) admin: String,
    peers: SocketAddr,
}

impl Group {
    /// `count` nodes, started, under no ring yet.
    pub(crate) fn start(count: usize) -> Self {
        Self::start_with(&vec![String::new(); count])
    }

    /// The same, each with more configuration.
    pub(crate) fn start_with(configs: &[String]) -> Self {
        let folder = tempfile::tempdir().expect("a place for files");
        std::fs::write(folder.path().join("key"), [7; 32]).expect("a file of ours");
        let mut group = Self {
            folder,
            members: Vec::new(),
            ring: Ring {
                cluster: "test".to_owned(),
                epoch: 0,
                members: Vec::new(),
                unsettled: Vec::new(),
                lossy: false,
            },
        };
        for config in configs {
            group.add_with(config);
        }
        group
    }

    /// Starts one more node.
    pub(crate) fn add(&mut self) {
        self.add_with("");
    }

    fn add_with(&mut self, more: &str) {
        let name = format!("n{}", self.members.len());
        let config = format!("{CONFIG}{more}peerKeyFile: {}\n", self.folder.path().join("key").display());
        let mut running = Running {
            setup: Setup::new(&config),
            node: None,
            name,
            state: String::new(),
            admin: String::new(),
            peers: ([127, 0, 0, 1], 0).into(),
        };
        running.start(self.ring_file());
        self.members.push(running);
    }

    /// Where the ring stands.
    pub(crate) fn ring_file(&self) -> PathBuf {
        self.folder.path().join("ring.json")
    }

    /// Publishes the next ring with these members, and waits until all of them act on it and have settled.
    pub(crate) fn publish(&mut self, members: &[(usize, State)]) -> Ring {
        let ring = self.write(members);
        self.settle();
        ring
    }

    /// Publishes the next ring without waiting.
    pub(crate) fn write(&mut self, members: &[(usize, State)]) -> Ring {
        let member = |(index, state): &(usize, State)| Member {
            name: self.members[*index].name.clone(),
            pod_uid: String::new(),
            address: self.members[*index].peers,
            clients: self.members[*index].state.parse().ok(),
            state: *state,
        };
        let members = members.iter().map(member).collect();
        self.ring = if self.ring.epoch == 0 {
            Ring { epoch: 1, members, ..self.ring.clone() }
        } else {
            self.ring.next(members, |_| true)
        };
        let unfinished = self.folder.path().join("ring.new");
        std::fs::write(&unfinished, self.ring.to_json()).expect("a file of ours");
        std::fs::rename(unfinished, self.ring_file()).expect("in the same folder");
        self.ring.clone()
    }

    /// Waits until every running member of the ring acts on it and has handed over what is not its own.
    pub(crate) fn settle(&self) {
        eventually("the ring settles", || {
            let running = self.members.iter().filter(|member| member.node.is_some());
            let named = running.filter(|member| self.ring.member(&member.name).is_some());
            named.into_iter().all(|member| {
                let ring = &admin::report(&member.admin)["ring"];
                ring["epoch"] == self.ring.epoch && ring["settled"] == self.ring.epoch
            })
        });
    }

    /// The member that owns the key.
    pub(crate) fn owner(&self, key: &[u8]) -> usize {
        let placement = cloakroom_ring::Placement::new(self.ring.clone().into(), "");
        let owner = placement.owner(cloakroom_ring::key_hash(key));
        let name = &self.ring.members[owner].name;
        self.members.iter().position(|member| member.name == *name).expect("it was started")
    }

    /// Kills a node.
    pub(crate) fn kill(&mut self, index: usize) {
        self.members[index].node.take().expect("it runs").kill();
    }

    /// Has a node stop, and waits until it has.
    pub(crate) fn terminate(&mut self, index: usize) {
        let mut node = self.members[index].node.take().expect("it runs");
        node.signal(Signal::TERM);
        assert!(node.wait().success());
    }

    /// Starts a node that was killed, on the same ports for peers and clients.
    pub(crate) fn restart(&mut self, index: usize) {
        let ring = self.ring_file();
        self.members[index].start(ring);
    }
}

impl Running {
    fn start(&mut self, ring: PathBuf) {
        let flags: [OsString; 6] = [
            "--ring-file".into(),
            ring.into(),
            "--node-name".into(),
            self.name.clone().into(),
            "--peer-listen".into(),
            self.peers.to_string().into(),
        ];
        self.setup.with_flags(flags.into());
        let mut node = self.setup.start();
        self.state = node.address.clone();
        self.setup.at(&self.state);
        self.peers = after(&node.read_until(PEERS), PEERS).parse().expect("an address");
        self.admin = after(&node.read_until(ADMIN), ADMIN);
        self.node = Some(node);
    }

    /// Asks it to drain, and returns what it said when it had.
    pub(crate) fn drain(&self) -> String {
        let (status, said) = admin::ask(&self.admin, "POST", "/drain", "", "");
        assert_eq!(status, 200, "{said}");
        said
    }

    /// How many sessions it has.
    pub(crate) fn sessions(&self) -> u64 {
        admin::report(&self.admin)["sessions"].as_u64().expect("it has counted them")
    }
}

/// The word behind `mark` in `line`.
fn after(line: &str, mark: &str) -> String {
    let (_, rest) = line.split_once(mark).expect("it was waited for");
    rest.split([' ', ';', '/']).next().unwrap_or_default().to_owned()
}
