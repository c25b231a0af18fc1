//! The parts that make a node a gateway of its data centre, put together: links, names, the port.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use cloakroom_location::DataCentre;
use cloakroom_node_config as config;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{DataCentres, Gatekeeper, Links, Setup, TcpLinks};
use crate::clock::Clock;
use crate::cluster::Cluster;
use crate::entropy;
use crate::metrics::Metrics;
use crate::peers::{PeerListener, PeersConfig, Respond, TcpPeers};
use crate::shared_key;

/// A node's way to the other data centres, and theirs to it.
#[derive(Debug)]
pub struct Gateway {
    /// What is known of the others.
    pub data_centres: Arc<DataCentres>,
    /// Where they connect.
    pub address: SocketAddr,
    links: Arc<TcpLinks>,
    listener: PeerListener,
    metrics: Arc<Metrics>,
}

/// What all nodes of a data centre call themselves: whoever connects expects some node of it, whichever it is. With the
/// number in it, two who know a data centre by different numbers notice.
fn identity(number: u8, name: &str) -> String {
    format!("{number}.{name}")
}

impl Gateway {
    /// Binds the port; nobody is answered or asked yet.
    ///
    /// # Errors
    /// A file that cannot be used, a port that cannot be bound.
    ///
    /// # Panics
    /// If `config` was not judged to be valid.
    pub fn open(
        config: &config::DataCentre,
        incarnation: u64,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
    ) -> anyhow::Result<Self> {
        let peers = PeersConfig {
            name: identity(config.number, &config.name),
            inc: incarnation,
            cluster: config.group.clone(),
            key: config.gateway_key_file.as_deref().map(shared_key::read).transpose()?,
            tls: config.gateway_tls.clone(),
            nonce: entropy::nonce,
        };
        let peers = TcpPeers::new(peers, Arc::clone(&metrics)).context("cannot use dataCentre.gatewayTls")?;
        let listener = PeerListener::bind(config.gateway_listen, &peers).with_context(|| {
            format!(
                "cannot listen for other data centres on {}; choose another address with dataCentre.gatewayListen",
                config.gateway_listen
            )
        })?;
        let address = listener.local_addr()?;
        let gateways = config
            .peers
            .iter()
            .map(|peer| (peer.name.clone(), identity(peer.number, &peer.name), peer.address.clone()));
        let links = Arc::new(TcpLinks::new(peers, gateways, incarnation));
        let number = |number| DataCentre::new(number).expect("numbers are 1 to 127");
        let data_centres = DataCentres::new(Setup {
            here: number(config.number),
            peers: config.peers.iter().map(|peer| (number(peer.number), peer.name.clone())).collect(),
            swing_back_after: config.swing_back_after,
            links: Arc::clone(&links) as Arc<dyn Links>,
            clock,
            metrics: Arc::clone(&metrics),
        });
        Ok(Self { data_centres, address, links, listener, metrics })
    }

    /// Answers from now on, and finds the way to the others, until `stop`. While `leaves` says so, others are sent to
    /// another gateway.
    pub fn begin(
        self,
        cluster: &Arc<Cluster>,
        leaves: impl Fn() -> bool + Send + Sync + 'static,
        tasks: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) {
        let Self { links, listener, metrics, .. } = self;
        let gatekeeper = Arc::new(Gatekeeper::new(Arc::clone(cluster), metrics).leaving(leaves));
        tasks.spawn(listener.serve(gatekeeper as Arc<dyn Respond>, stop.clone()));
        tasks.spawn(links.run(stop.clone()));
    }
}
