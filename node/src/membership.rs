//! The parts that make a node a member of a cluster, put together: links to the others, the ring file, and the
//! cluster between them and the store.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use cloakroom_node_config::NodeConfig;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::cluster::{Cluster, Settings, Setup};
use crate::disk::volume::Volume;
use crate::entropy;
use crate::metrics::Metrics;
use crate::peers::{PeerListener, Peers, PeersConfig, Respond, TcpPeers};
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
    /// Where other nodes connect.
    pub address: SocketAddr,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

impl Membership {
    /// Joins the cluster whose ring stands in `ring_file`.
    ///
    /// # Errors
    /// A file that cannot be read, a port that cannot be bound, a ring in the data directory that is damaged.
    pub fn begin(
        config: &NodeConfig,
        ring_file: PathBuf,
        store: Arc<Store>,
        volume: Arc<dyn Volume>,
        clock: Arc<dyn Clock>,
        metrics: &Arc<Metrics>,
    ) -> anyhow::Result<Self> {
        let name = match &config.node_name {
            Some(name) => name.clone(),
            None => host_name()?,
        };
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
        let peers = TcpPeers::new(peers, Arc::clone(metrics))?;
        let listener = PeerListener::bind(config.peer_listen, &peers).with_context(|| {
            format!(
                "cannot listen for peers on {}; choose another address with --peer-listen",
                config.peer_listen
            )
        })?;
        let address = listener.local_addr()?;
        let cluster = Cluster::open(Setup {
            name,
            incarnation,
            store,
            peers: peers as Arc<dyn Peers>,
            clock,
            volume,
            metrics: Arc::clone(metrics),
            settings: Settings::from(config),
        })?;
        let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
        tasks.spawn(listener.serve(Arc::clone(&cluster) as Arc<dyn Respond>, stop.clone()));
        tasks.spawn(Arc::clone(&cluster).run(stop.clone()));
        tasks.spawn(ring_watch::watch(ring_file, Arc::clone(&cluster), stop.clone()));
        Ok(Self { cluster, key, address, tasks, stop })
    }

    /// Leaves the others without a word: what had to be said was said while draining.
    pub async fn end(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
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
