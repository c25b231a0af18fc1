//! The whole small world, and the rings that its operator publishes.

use std::collections::BTreeSet;

use cloakroom_ring::{Ring, State, key_hash};

use crate::client::Client;
use crate::held::{Held, Row};
use crate::node::Node;
use crate::past::Past;
use crate::published::{Id, NODES, Published, member};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    /// Of the session's key.
    pub(crate) key: u64,
    /// By epoch, from 1 on.
    pub(crate) rings: Vec<Published>,
    pub(crate) nodes: [Node; NODES],
    pub(crate) clients: [Client; 2],
    /// The node that no other node and no operator reaches; clients do.
    pub(crate) cut: Option<Id>,
    pub(crate) pushes: BTreeSet<Push>,
    pub(crate) past: Past,
    pub(crate) crashes_left: u8,
    pub(crate) cuts_left: u8,
    pub(crate) rings_left: u8,
}

/// How much may happen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    /// How often each client may hold the lock.
    pub(crate) turns: [u8; 2],
    pub(crate) crashes: u8,
    pub(crate) cuts: u8,
    /// After the first one.
    pub(crate) rings: u8,
}

/// A copy on its way to its owner. It may take any time, or never arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Push {
    pub(crate) from: Id,
    pub(crate) to: Id,
    pub(crate) epoch: u64,
    pub(crate) stage: Stage,
    pub(crate) copy: Held,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Stage {
    Sent,
    /// The owner has it, but not yet on disk.
    Filed,
    Durable,
}

impl Push {
    /// After everything at `node` became durable.
    pub(crate) fn synced(self, node: Id) -> Push {
        let durable = self.to == node && self.stage == Stage::Filed;
        Push { stage: if durable { Stage::Durable } else { self.stage }, ..self }
    }
}

impl World {
    /// Nodes of `members` form the first ring; the session is at its owner, whose order of preference
    /// among all nodes is `order`.
    pub(crate) fn new(members: &[Id], order: [Id; NODES], budget: Budget) -> World {
        let key = key_placed(order);
        let ring = Ring {
            cluster: "shop".to_owned(),
            epoch: 1,
            members: members.iter().map(|node| member(*node, State::Active)).collect(),
            unsettled: Vec::new(),
            lossy: false,
        };
        let first = Published::new(ring, key);
        let row = Row { epoch: 1, version: 1, cookie: 1, locked: false, recovered: false };
        let copy = |node| if node == first.owner() { Held::Row(row) } else { Held::Nothing };
        let mut world = World {
            key,
            nodes: [0, 1, 2].map(|node| Node::new(copy(node))),
            rings: vec![first],
            clients: budget.turns.map(Client::new),
            cut: None,
            pushes: BTreeSet::new(),
            past: Past::new(),
            crashes_left: budget.crashes,
            cuts_left: budget.cuts,
            rings_left: budget.rings,
        };
        for node in &mut world.nodes {
            node.settled = true;
        }
        world.exchange_beacons();
        world
    }

    /// The ring that `node` acts on.
    pub(crate) fn ring_of(&self, node: Id) -> &Published {
        self.ring(self.nodes[node].epoch)
    }

    pub(crate) fn ring(&self, epoch: u64) -> &Published {
        &self.rings[usize::try_from(epoch - 1).expect("there are three epochs")]
    }

    pub(crate) fn latest(&self) -> &Published {
        self.rings.last().expect("there is a first ring")
    }

    pub(crate) fn owns(&self, node: Id) -> bool {
        self.ring_of(node).owner() == node
    }

    pub(crate) fn may_serve(&self, node: Id) -> bool {
        self.nodes[node].may_serve(node, self.ring_of(node))
    }

    /// Whether peers and the operator reach the node.
    pub(crate) fn reachable(&self, node: Id) -> bool {
        self.nodes[node].up && self.cut != Some(node)
    }

    /// Whoever must be asked before `node` may believe what it has of the session.
    pub(crate) fn unasked(&self, node: Id) -> Vec<Id> {
        let here = &self.nodes[node];
        if here.answered {
            return Vec::new();
        }
        let asks = self.ring_of(node).asks(node).iter();
        asks.copied().filter(|source| !here.heard_settled[*source]).collect()
    }

    /// Whether the session waits for a lost member to have stopped.
    pub(crate) fn too_early(&self, node: Id) -> bool {
        self.ring_of(node).gone() && !self.nodes[node].taken_over
    }

    /// The session was changed where its lost owner's share went.
    pub(crate) fn took_over(&self) -> bool {
        self.rings.iter().any(|ring| ring.gone() && self.past.committer(ring.epoch()) == Some(ring.owner()))
    }

    /// The session is where it belongs under the latest ring, durably and nowhere else; everybody says so.
    pub(crate) fn handed_off(&self) -> bool {
        let (owner, first) = (self.latest().owner(), self.rings[0].owner());
        let is_at = |node: Id| matches!(self.nodes[node].disk, Held::Row(_)) == (node == owner);
        let knows = |node: Id| self.nodes[node].epoch == self.latest().epoch() && self.nodes[node].settled;
        owner != first && (0..NODES).all(|node| is_at(node) && knows(node))
    }

    /// Copies that will be refused, and words that their senders no longer care for, make no difference.
    pub(crate) fn forget_useless_pushes(&mut self) {
        let nodes = &self.nodes;
        self.pushes.retain(|push| match push.stage {
            Stage::Sent => nodes[push.to].epoch <= push.epoch,
            Stage::Filed | Stage::Durable => {
                let sender = &nodes[push.from];
                sender.up && sender.epoch == push.epoch && sender.memory == push.copy
            }
        });
    }

    /// All who reach each other and are at one epoch hear of each other at once, and as long as that
    /// lasts: the longest permission to serve and the earliest news that any delay could give.
    pub(crate) fn exchange_beacons(&mut self) {
        for node in 0..NODES {
            for other in (0..NODES).filter(|other| *other != node) {
                let (epoch, settled) = (self.nodes[other].epoch, self.nodes[other].settled);
                let knows = self.ring_of(node).has(other) && self.ring_of(node).has(node);
                let answers = self.reachable(node) && self.reachable(other) && knows;
                if answers && epoch == self.nodes[node].epoch {
                    self.nodes[node].hear(other, epoch, settled);
                }
            }
        }
        for node in 0..NODES {
            let ring = self.ring_of(node).clone();
            if self.nodes[node].up {
                self.nodes[node].look_around(node, &ring);
            }
        }
    }
}

/// The hash of a key whose owners are, one after the other, these nodes.
fn key_placed(order: [Id; NODES]) -> u64 {
    let all = [0, 1, 2].map(|node| member(node, State::Active)).to_vec();
    let ring =
        Ring { cluster: "shop".to_owned(), epoch: 1, members: all, unsettled: Vec::new(), lossy: false };
    let placement = cloakroom_ring::Placement::new(ring.into(), "a");
    let mut keys = (0u8..).map(|number| key_hash(&[number]));
    keys.find(|key| placement.order(*key) == order).expect("every order is some key's")
}
