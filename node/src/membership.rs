//! The parts that make a node a member of a cluster, put together: links to the others, the ring file, and the
//! cluster between them and the store. A node that is alone and has a backing store is a cluster of one.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use cloakroom_node_config::NodeConfig;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::backing::connect;
use crate::clock::Clock;
use crate::cluster::{Backing, BackingSettings, Cluster, Settings, Setup};
use crate::disk::volume::Volume;
use crate::entropy;
use crate::lone_ring;
use crate::metrics::Metrics;
use crate::peers::{Nobody, PeerListener, Peers, PeersConfig, Respond, TcpPeers};
use crate::ring_watch;
use crate::store::Store;

/// A cluster's shared secret is not read beyond this.
const KEY_BYTES_MAX: usize = 4096;

/// A member's parts.
pub struct Membership {
    /// The member.
    pub cluster: Arc<Cluster>,
    /// Proves who may push rings.
    pub key: Option<Arc<[u8]>>,
    /// Where other nodes connect, if there are any.
    pub address: Option<SocketAddr>,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

/// What a node brings into its cluster.
pub struct Parts {
    /// Its sessions.
    pub store: Arc<Store>,
    /// Whether they have just begun.
    pub created: bool,
    /// Its data directory.
    pub volume: Arc<dyn Volume>,
    /// Its clock.
    pub clock: Arc<dyn Clock>,
    /// What it counts.
    pub metrics: Arc<Metrics>,
}

impl Membership {
    /// Joins the cluster whose ring stands in the configured file.
    ///
    /// # Errors
    /// A file that cannot be read, a port that cannot be bound, a ring in the data directory that is damaged, a
    /// backing store that cannot be spoken to as configured.
    pub fn begin(config: &NodeConfig, ring_file: PathBuf, parts: Parts) -> anyhow::Result<Self> {
        let name = name(config)?;
        let key = config.peer_key_file.as_ref().map(read_key).transpose()?;
        let incarnation = entropy::number();
        let peers = PeersConfig {
            name: name.clone(),
            inc: incarnation,
            cluster: String::new(),
            key: key.clone(),
            tls: config.peer_tls.clone(),
            nonce: entropy::nonce,
        };
        let peers = TcpPeers::new(peers, Arc::clone(&parts.metrics))?;
        let listener = PeerListener::bind(config.peer_listen, &peers).with_context(|| {
            format!(
                "cannot listen for peers on {}; choose another address with --peer-listen",
                config.peer_listen
            )
        })?;
        let address = listener.local_addr()?;
        let cluster = Cluster::open(setup(config, name, incarnation, peers as Arc<dyn Peers>, parts)?)?;
        let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
        tasks.spawn(listener.serve(Arc::clone(&cluster) as Arc<dyn Respond>, stop.clone()));
        tasks.spawn(Arc::clone(&cluster).run(stop.clone()));
        tasks.spawn(ring_watch::watch(ring_file, Arc::clone(&cluster), stop.clone()));
        Ok(Self { cluster, key, address: Some(address), tasks, stop })
    }

    /// Is the only member.
    ///
    /// # Errors
    /// As [`Membership::begin`].
    pub async fn alone(config: &NodeConfig, parts: Parts) -> anyhow::Result<Self> {
        let name = name(config)?;
        let setup = setup(config, name.clone(), entropy::number(), Arc::new(Nobody), parts)?;
        let cluster = Cluster::open(setup)?;
        lone_ring::ensure(&cluster, &name, config.peer_listen).await?;
        let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
        tasks.spawn(Arc::clone(&cluster).run(stop.clone()));
        tasks.spawn(lone_ring::keep(Arc::clone(&cluster), name, config.peer_listen, stop.clone()));
        Ok(Self { cluster, key: None, address: None, tasks, stop })
    }

    /// Leaves the others without a word: what had to be said was said while draining.
    pub async fn end(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

fn setup(
    config: &NodeConfig,
    name: String,
    incarnation: u64,
    peers: Arc<dyn Peers>,
    parts: Parts,
) -> anyhow::Result<Setup> {
    let Parts { store, created, volume, clock, metrics } = parts;
    let backing = match &config.backing_store {
        None => None,
        Some(backing) => {
            Some(Backing { store: connect(backing, &metrics)?, settings: BackingSettings::from(backing) })
        }
    };
    let settings = Settings::from(config);
    Ok(Setup { name, incarnation, store, peers, clock, volume, metrics, settings, backing, created })
}

fn name(config: &NodeConfig) -> anyhow::Result<String> {
    match &config.node_name {
        Some(name) => Ok(name.clone()),
        None => host_name(),
    }
}

fn host_name() -> anyhow::Result<String> {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    ensure!(
        !name.is_empty(),
        "this machine has no host name; write the node's name in the ring after --node-name"
    );
    Ok(name)
}

fn read_key(path: &PathBuf) -> anyhow::Result<Arc<[u8]>> {
    let unreadable = || format!("cannot read the key that peers share from {}", path.display());
    let key = std::fs::read(path).with_context(unreadable)?;
    // Editors end files with a line feed.
    let key = key.trim_ascii_end();
    ensure!(
        (16..=KEY_BYTES_MAX).contains(&key.len()),
        "the key in {} has {} bytes; write 16 to {KEY_BYTES_MAX} random ones, the same for all nodes",
        path.display(),
        key.len()
    );
    Ok(key.into())
}
