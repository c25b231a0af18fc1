//! How copies of the session move: asked for, sent, filed and dropped.

use cloakroom_ring::{Verdict, admit};

use crate::guard::Guard;
use crate::held::{Held, Row};
use crate::node::Given;
use crate::published::{Id, NODES};
use crate::transition::Rules;
use crate::world::{Push, Stage, World};

impl Rules {
    /// Who was given a copy may have changed it, and is a member no more.
    pub(crate) fn give_up_what_the_lost_took(&self, world: &mut World, node: Id) {
        let ring = world.ring_of(node);
        let lost = world.nodes[node].given.filter(|given| !ring.has(given.taker));
        if let Some(given) = lost.filter(|_| self.stands(Guard::GiveUpWithTaker)) {
            world.nodes[node].given = None;
            self.admit(world, node, Held::Tombstone { epoch: given.epoch - 1 }, false);
        }
    }

    /// Files what arrived at its owner, if it wins against what is there.
    pub(crate) fn admit(&self, world: &mut World, node: Id, arrived: Held, first: bool) {
        let epoch = world.nodes[node].epoch;
        let here = &mut world.nodes[node];
        let Some(incoming) = arrived.incoming() else { return };
        let verdict = if self.stands(Guard::NewestWins) {
            admit(here.memory.local(), incoming, first)
        } else if matches!(arrived, Held::Row(_)) {
            Verdict::Take
        } else {
            Verdict::Drop
        };
        here.memory = match (verdict, arrived) {
            (Verdict::Keep, _) => here.memory,
            (Verdict::Take, Held::Row(row)) => {
                let recovered = self.stands(Guard::FreshCookies);
                Held::Row(Row { epoch, recovered, ..row })
            }
            (_, tombstone) if self.stands(Guard::KeepTombstones) => tombstone,
            _ => Held::Nothing,
        };
    }

    pub(crate) fn pulled(&self, world: &mut World, node: Id) {
        let replies = std::mem::take(&mut world.nodes[node].pulled).into_iter().flatten();
        if let Some(newest) = replies.max_by_key(|held| held.age_rank()) {
            self.admit(world, node, newest, true);
        }
        world.nodes[node].answered = true;
    }

    pub(crate) fn push(&self, world: &mut World, node: Id) -> Option<()> {
        let (epoch, copy) = (world.nodes[node].epoch, world.nodes[node].memory);
        let to = world.ring_of(node).owner();
        let push = Push { from: node, to, epoch, stage: Stage::Sent, copy };
        // The one before it may still be on its way: a second one would not tell more.
        if world.pushes.iter().any(|other| Push { stage: Stage::Sent, ..*other } == push) {
            return None;
        }
        world.nodes[node].given = Some(Given { taker: to, epoch });
        if !self.stands(Guard::DisposeAfterAck) {
            dispose(world, push);
        }
        world.pushes.insert(push);
        Some(())
    }

    pub(crate) fn file(&self, world: &mut World, push: Push) -> Option<()> {
        let to = push.to;
        if !world.nodes[to].up || world.nodes[to].epoch != push.epoch {
            return None;
        }
        let unasked = world.unasked(to);
        // Somebody else may have a newer one: it waits until everybody was asked.
        let first = !unasked.is_empty();
        if unasked.iter().any(|source| *source != push.from) {
            return None;
        }
        world.pushes.remove(&push);
        self.admit(world, to, push.copy, first);
        world.nodes[to].answered |= first;
        let durable = world.nodes[to].memory == world.nodes[to].disk || !self.stands(Guard::AckAfterCommit);
        let stage = if durable { Stage::Durable } else { Stage::Filed };
        world.pushes.insert(Push { stage, ..push });
        Some(())
    }

    /// Nodes that have nothing of others say so at once, which is when the others believe it first.
    pub(crate) fn settle(&self, world: &mut World) {
        for node in 0..NODES {
            let here = &world.nodes[node];
            let nothing_of_others = world.owns(node) || here.memory == Held::Nothing;
            let may_be_lost = !here.taken_over && self.stands(Guard::SettleAfterTakeOver);
            let durable = here.memory == here.disk;
            world.nodes[node].settled |= here.up && nothing_of_others && durable && !may_be_lost;
        }
    }
}

pub(crate) fn pull(world: &mut World, node: Id, source: Id) -> Option<()> {
    let reached = world.reachable(node) && world.reachable(source);
    if !reached || world.nodes[source].epoch != world.nodes[node].epoch {
        return None;
    }
    let reply = world.nodes[source].memory;
    world.nodes[node].pulled[source] = Some(reply);
    if let Held::Row(_) = reply {
        world.nodes[source].given = Some(Given { taker: node, epoch: world.nodes[source].epoch });
    }
    Some(())
}

/// The sender drops what its owner has, unless it changed or became another epoch's meanwhile.
pub(crate) fn dispose(world: &mut World, push: Push) {
    let sender = &mut world.nodes[push.from];
    if sender.up && sender.epoch == push.epoch && sender.memory == push.copy {
        sender.memory = Held::Nothing;
        sender.given = None;
    }
}
