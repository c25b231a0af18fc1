//! Where one request has been, and so where it goes next.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_location::{DataCentre, Home};

use crate::client::Core;
use crate::failure::Cause;
use crate::health::Evidence;
use crate::node::Node;
use crate::operation::Operation;
use crate::pool::Exhausted;
use crate::retry::Trouble;
use crate::{Error, Failure, Session, Side, choose, clock, retry};

/// One request on its way.
#[derive(Default)]
pub(crate) struct Journey {
    /// How often a node was asked.
    pub(crate) attempts: u32,
    /// How often in a row the one that was asked last.
    pub(crate) on_node: u32,
    /// How often nobody was left to ask.
    pub(crate) rounds: u32,
    /// Why the last one gave no answer.
    pub(crate) last: Option<Last>,
    at: Option<SocketAddr>,
    /// Given up in this round.
    left: Vec<SocketAddr>,
    left_clusters: Vec<usize>,
    /// The cluster of each node that said nothing at all.
    silent: Vec<usize>,
}

/// So many nodes of a cluster that say nothing are enough, if there is another cluster: the way there is cut, and each
/// further node would cost the visitor as much time again.
const SILENT_NODES: usize = 2;

/// No answer.
pub(crate) enum Last {
    /// All connections to that node were in use.
    Busy(SocketAddr, Exhausted),
    Held,
    Error(Error),
}

impl Journey {
    /// The cluster and node to ask next, of those that discovery shows now; `None` at the end of a round.
    pub(crate) fn next(
        &mut self,
        core: &Core,
        session: &Session,
        home: Option<Home>,
    ) -> Option<(usize, Arc<Node>)> {
        let chosen = self.choose(core, session, home);
        if let Some((_, node)) = &chosen {
            self.attempts += 1;
            self.on_node = if self.at == Some(node.address) { self.on_node + 1 } else { 1 };
            self.at = Some(node.address);
        }
        chosen
    }

    fn choose(&mut self, core: &Core, session: &Session, home: Option<Home>) -> Option<(usize, Arc<Node>)> {
        let at = home.and_then(|home| core.position(home));
        let first = at.unwrap_or(0);
        if self.left.is_empty() && core.clusters[first].health.is_well() {
            let route = core.clusters[first].route.load();
            if let Some(node) = route.first(session).filter(|node| node.health.is_well()) {
                return Some((first, Arc::clone(node)));
            }
        }
        let now = clock::moment();
        let order: Vec<usize> = choose::clusters(at, core.clusters.len()).collect();
        let nodes: Vec<_> = order.iter().map(|index| core.clusters[*index].nodes(session)).collect();
        let mut tried = Vec::new();
        let chosen = choose::next(
            &nodes,
            |node| self.left.contains(&node.address),
            |at| {
                let lost = !core.clusters[order[at]].health.may_ask(now);
                tried.extend((!lost).then_some(order[at]));
                lost
            },
            |node| node.health.may_ask(now),
        );
        let chosen = chosen.map(|(at, place)| (order[at], Arc::clone(&nodes[at][place])));
        tried.retain(|cluster| chosen.as_ref().is_none_or(|(index, _)| index != cluster));
        self.leave_clusters(core, &tried, now);
        chosen
    }

    /// Whether the last node had no connection to spare: whoever has waited once through a round waits no longer.
    pub(crate) fn waited_in_vain(&self) -> bool {
        matches!(self.last, Some(Last::Busy(..)))
    }

    /// Takes note that the cluster at `index` could not answer this request, though its nodes are there.
    pub(crate) fn leave_cluster(&mut self, core: &Core, index: usize) {
        self.leave_clusters(core, &[index], clock::moment());
    }

    /// Takes note that `clusters` have nobody whom this request may ask. Once in a round: that another server fails
    /// elsewhere says nothing more of them.
    fn leave_clusters(&mut self, core: &Core, clusters: &[usize], now: Duration) {
        for index in clusters {
            if core.clusters.len() > 1 && !self.left_clusters.contains(index) {
                self.left_clusters.push(*index);
                if core.clusters[*index].health.note(Evidence::Ill, now) == Some(true) {
                    let number = core.clusters[*index].data_centre.map(DataCentre::number);
                    tracing::warn!(data_centre = number, "a data centre does not answer: its sessions swing");
                }
            }
        }
    }

    /// Asks `node`, of the cluster at `index`, no more in this round. `silent`: it took all the time that a try may take.
    pub(crate) fn leave(&mut self, core: &Core, index: usize, node: &Node, silent: bool) {
        self.left.push(node.address);
        if !silent || self.waited_in_vain() || core.clusters.len() == 1 {
            return;
        }
        self.silent.push(index);
        if self.silent.iter().filter(|cluster| **cluster == index).count() >= SILENT_NODES {
            let route = core.clusters[index].route.load();
            self.left.extend(route.nodes.iter().map(|node| node.address));
        }
    }

    /// Asks everybody again.
    pub(crate) fn begin_round(&mut self) {
        self.rounds += 1;
        self.left.clear();
        self.left_clusters.clear();
        self.silent.clear();
    }

    /// What came of it, if `operation` is not asked for any more.
    pub(crate) fn failure<O: Operation>(self, operation: &O, budget_spent: bool) -> Failure {
        let cause = match self.last {
            None if self.attempts > 0 => Cause::Late,
            None => Cause::NoServers,
            Some(Last::Held) => Cause::Held,
            Some(Last::Busy(server, Exhausted { limit, waited })) => Cause::Busy { server, limit, waited },
            Some(Last::Error(error)) => match retry::trouble(&error) {
                Trouble::Final => Cause::Refused(error),
                Trouble::NotSent => Cause::Unreachable(error),
                _ if !operation.is_repeatable() => Cause::Unknown(error),
                _ if error.side() == Side::Server => Cause::NotANode(error),
                _ => Cause::Unanswered(error),
            },
        };
        Failure { cause, verb: operation.verb(), attempts: self.attempts, budget_spent }
    }
}
