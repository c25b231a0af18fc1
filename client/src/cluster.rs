//! One cluster, which is one data centre: where its nodes are and whether they answer.

use std::sync::Arc;

use arc_swap::ArcSwap;
use cloakroom_location::DataCentre;

use crate::dial::Dial;
use crate::health::Health;
use crate::node::Node;
use crate::route::Route;
#[cfg(feature = "tls")]
use crate::tls::Tls;
use crate::{Discovery, Observe, Servers, Session, Settings, clock};

/// One cluster to be asked, before it is known where its nodes are.
#[derive(Debug)]
pub struct Cluster {
    discovery: Discovery,
    pub(crate) data_centre: Option<DataCentre>,
    dial: Dial,
}

impl Cluster {
    /// A cluster whose nodes are found that way.
    #[must_use]
    pub fn new(discovery: Discovery) -> Self {
        Self { discovery, data_centre: None, dial: Dial::default() }
    }

    /// The number that this cluster has among those that share sessions. Needed only if there are several.
    #[must_use]
    pub fn data_centre(self, data_centre: DataCentre) -> Self {
        Self { data_centre: Some(data_centre), ..self }
    }

    /// Reaches the nodes by encrypted connections.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(self, tls: Tls) -> Self {
        Self { dial: Dial { tls: Some(tls) }, ..self }
    }

    /// The cluster without any node, and how they are found.
    pub(crate) fn split(self, settings: &Settings) -> (Known, Discovery) {
        let now = clock::moment();
        let known = Known {
            data_centre: self.data_centre,
            dial: self.dial,
            route: ArcSwap::from_pointee(Route::default()),
            health: Health::new(settings.patience(), now),
        };
        (known, self.discovery)
    }
}

/// One cluster whose nodes are known.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) data_centre: Option<DataCentre>,
    pub(crate) dial: Dial,
    pub(crate) route: ArcSwap<Route>,
    pub(crate) health: Health,
}

impl Known {
    /// Its nodes in the session's order.
    pub(crate) fn nodes(&self, session: &Session) -> Vec<Arc<Node>> {
        let route = self.route.load();
        let (_, order) = route.order(session);
        order.map(|index| Arc::clone(&route.nodes[index])).collect()
    }

    /// Takes what discovery shows.
    pub(crate) fn show(&self, servers: &Servers, settings: &Settings) {
        tracing::debug!(servers = servers.servers.len(), "the nodes of a cluster were seen");
        let before = self.route.load();
        self.route.store(Arc::new(Route::new(servers, &before.nodes, settings, clock::moment())));
    }

    /// Closes connections that nobody uses.
    pub(crate) fn tidy(&self, settings: &Settings, observe: &dyn Observe) {
        for node in &self.route.load().nodes {
            node.pool.close_idle(clock::moment(), settings.idle);
            let (in_use, idle) = node.pool.counts();
            observe.connections(node.address, in_use, idle);
        }
    }
}
