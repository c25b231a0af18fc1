//! What every reconcile uses: made once for the process.

use std::sync::Arc;

use kube::Client;

use crate::{
    api::Server, discovery::Discovery, events::Events, memory::Memories, metrics::Metrics, reports::Asker,
    settings::Settings,
};

/// The tools of a reconcile.
pub(crate) struct Context {
    pub(crate) server: Server,
    pub(crate) discovery: Discovery,
    pub(crate) events: Events,
    pub(crate) asker: Asker,
    pub(crate) memories: Memories,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) settings: Settings,
}

impl Context {
    pub(crate) fn new(client: Client, metrics: Arc<Metrics>, settings: Settings) -> Self {
        Self {
            server: Server::new(client.clone(), Arc::clone(&metrics)),
            discovery: Discovery::new(client.clone()),
            events: Events::new(client),
            asker: Asker::new(),
            memories: Memories::default(),
            metrics,
            settings,
        }
    }
}
