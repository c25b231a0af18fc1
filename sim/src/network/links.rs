//! A node's way to the gateways of the other data centre.

use std::sync::Arc;

use cloakroom_node::data_centres::Links;
use cloakroom_node::peers::{Answered, Caller, NoAnswer, Question, Respond};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::peers::SimulatedPeers;
use super::{GATEWAY, Network};

/// What one process asks the other data centre with.
#[derive(Debug)]
pub struct SimulatedLinks {
    peers: SimulatedPeers,
    network: Network,
    there: Vec<String>,
}

impl SimulatedLinks {
    /// For the process `caller`, until it is `gone`, to the gateways of the nodes `there`.
    #[must_use]
    pub fn new(network: Network, caller: Caller, gone: CancellationToken, there: Vec<String>) -> Self {
        Self { peers: SimulatedPeers::new(network.clone(), caller, gone), network, there }
    }
}

impl Links for SimulatedLinks {
    fn ask<'a>(
        &'a self,
        _: &'a str,
        question: Question,
        over: BoxFuture<'a, ()>,
    ) -> BoxFuture<'a, Result<Answered, NoAnswer>> {
        async move {
            let gateways = self.there.iter().map(|node| format!("{GATEWAY}{node}"));
            let open: Vec<String> =
                gateways.filter(|gateway| self.network.listening(gateway).is_some()).collect();
            if open.is_empty() {
                return Err(NoAnswer::NotSent);
            }
            let gateway = self.network.0.chance.pick(&open);
            tokio::select! {
                biased;
                answered = self.peers.ask_until_answered(&gateway, question) => answered,
                () = over => Err(NoAnswer::Unknown),
            }
        }
        .boxed()
    }

    fn problem(&self, _: &str) -> Option<String> {
        None
    }
}

impl Network {
    /// From now on questions to the gateway of `node` reach `respond`, until `gone`.
    pub fn open_gateway(
        &self,
        node: &str,
        incarnation: u64,
        respond: Arc<dyn Respond>,
        gone: CancellationToken,
    ) {
        self.listen(&format!("{GATEWAY}{node}"), incarnation, respond, gone);
    }
}
