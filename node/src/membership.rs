//! The parts that make a node a member of a cluster, put together: links to the others, the ring file, and the
//! cluster between them and the store. A node that is alone and has a backing store is a cluster of one.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use cloakroom_node_config::{NodeConfig, NodePhase};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::admin::Readiness;
use crate::backing::connect;
use crate::clock::Clock;
use crate::cluster::{Backing, BackingSettings, Cluster, Settings, Setup};
use crate::data_centres::Gateway;
use crate::disk::volume::Volume;
use crate::entropy;
use crate::lone_ring;
use crate::metrics::Metrics;
use crate::peers::{Nobody, PeerListener, Peers, PeersConfig, Respond, TcpPeers};
use crate::ring_watch;
use crate::shared_key;
use crate::store::Store;

/// A member's parts.
pub struct Membership {
    /// The member.
    pub cluster: Arc<Cluster>,
    /// Proves who may push rings.
    pub key: Option<Arc<[u8]>>,
    /// Where other nodes connect, if there are any.
    pub address: Option<SocketAddr>,
    /// Where other data centres connect, if it shares its sessions with some.
    pub gateway: Option<SocketAddr>,
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
    /// Where it is in its life.
    pub readiness: Readiness,
}

impl Membership {
    /// Joins the cluster whose ring stands in the configured file.
    ///
    /// # Errors
    /// A file that cannot be read, a port that cannot be bound, a ring in the data directory that is damaged, a
    /// backing store that cannot be spoken to as configured.
    pub fn begin(config: &NodeConfig, ring_file: PathBuf, parts: Parts) -> anyhow::Result<Self> {
        let name = name(config)?;
        let key = config.peer_key_file.as_deref().map(shared_key::read).transpose()?;
        let incarnation = entropy::number();
        let peers = PeersConfig {
            name: name.clone(),
            inc: incarnation,
            cluster: String::new(),
            key: key.clone(),
            tls: config.peer_tls.clone(),
            nonce: entropy::nonce,
        };
        let peers = TcpPeers::new(peers, Arc::clone(&parts.metrics)).context("cannot use peerTls")?;
        let listener = PeerListener::bind(config.peer_listen, &peers).with_context(|| {
            format!(
                "cannot listen for peers on {}; choose another address with --peer-listen",
                config.peer_listen
            )
        })?;
        let address = listener.local_addr()?;
        let gateway = gateway(config, incarnation, &parts)?;
        let readiness = parts.readiness.clone();
        let setup = setup(config, name, incarnation, peers as Arc<dyn Peers>, gateway.as_ref(), parts)?;
        let cluster = Cluster::open(setup)?;
        let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
        tasks.spawn(listener.serve(Arc::clone(&cluster) as Arc<dyn Respond>, stop.clone()));
        tasks.spawn(Arc::clone(&cluster).run(stop.clone()));
        tasks.spawn(ring_watch::watch(ring_file, Arc::clone(&cluster), stop.clone()));
        let gateway = begin(gateway, &cluster, readiness, &mut tasks, &stop);
        Ok(Self { cluster, key, address: Some(address), gateway, tasks, stop })
    }

    /// Is the only member.
    ///
    /// # Errors
    /// As [`Membership::begin`].
    pub async fn alone(config: &NodeConfig, parts: Parts) -> anyhow::Result<Self> {
        let name = name(config)?;
        let incarnation = entropy::number();
        let gateway = gateway(config, incarnation, &parts)?;
        let readiness = parts.readiness.clone();
        let setup = setup(config, name.clone(), incarnation, Arc::new(Nobody), gateway.as_ref(), parts)?;
        let cluster = Cluster::open(setup)?;
        lone_ring::ensure(&cluster, &name, config.peer_listen).await?;
        let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
        tasks.spawn(Arc::clone(&cluster).run(stop.clone()));
        tasks.spawn(lone_ring::keep(Arc::clone(&cluster), name, config.peer_listen, stop.clone()));
        let gateway = begin(gateway, &cluster, readiness, &mut tasks, &stop);
        Ok(Self { cluster, key: None, address: None, gateway, tasks, stop })
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
    gateway: Option<&Gateway>,
    parts: Parts,
) -> anyhow::Result<Setup> {
    let Parts { store, created, volume, clock, metrics, .. } = parts;
    let backing = match &config.backing_store {
        None => None,
        Some(backing) => {
            Some(Backing { store: connect(backing, &metrics)?, settings: BackingSettings::from(backing) })
        }
    };
    let settings = Settings::from(config);
    let data_centres = gateway.map(|gateway| Arc::clone(&gateway.data_centres));
    Ok(Setup {
        name,
        incarnation,
        store,
        peers,
        clock,
        volume,
        metrics,
        settings,
        backing,
        data_centres,
        created,
    })
}

fn gateway(config: &NodeConfig, incarnation: u64, parts: &Parts) -> anyhow::Result<Option<Gateway>> {
    let open = |data_centre| {
        Gateway::open(data_centre, incarnation, Arc::clone(&parts.clock), Arc::clone(&parts.metrics))
    };
    config.data_centre.as_ref().map(open).transpose()
}

/// Lets other data centres in; returns where.
fn begin(
    gateway: Option<Gateway>,
    cluster: &Arc<Cluster>,
    readiness: Readiness,
    tasks: &mut JoinSet<()>,
    stop: &CancellationToken,
) -> Option<SocketAddr> {
    let gateway = gateway?;
    let address = gateway.address;
    gateway.begin(cluster, move || readiness.reported() == NodePhase::Draining, tasks, stop);
    Some(address)
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
