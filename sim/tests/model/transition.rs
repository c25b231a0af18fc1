//! What each action does. [`None`]: it cannot happen, or changes nothing.

use cloakroom_ring::State;

use crate::action::{Action, Change};
use crate::client::{Client, Phase};
use crate::guard::Guard;
use crate::hand_off::{dispose, pull};
use crate::node::Node;
use crate::published::{Id, NAMES, NODES, Published, member};
use crate::requests;
use crate::world::{Stage, World};

pub(crate) struct Rules {
    /// The guard that is taken away.
    pub(crate) without: Option<Guard>,
}

impl Rules {
    pub(crate) fn stands(&self, guard: Guard) -> bool {
        self.without != Some(guard)
    }

    pub(crate) fn after(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        match action {
            Action::Ask { client, at, epoch, ask } => {
                requests::decide(self, &mut next, client, at, epoch, ask)?;
            }
            Action::Sync { node } => self.sync(&mut next, node),
            Action::Pull { node, source } => pull(&mut next, node, source)?,
            Action::Pulled { node } => self.pulled(&mut next, node),
            Action::Push { node } => self.push(&mut next, node)?,
            Action::File { push } => self.file(&mut next, push)?,
            Action::Acknowledge { push } => {
                next.pushes.remove(&push);
                dispose(&mut next, push);
            }
            Action::Adopt { node, epoch } => {
                let ring = next.ring(epoch).clone();
                next.nodes[node].adopt(node, &ring);
                self.give_up_what_the_lost_took(&mut next, node);
            }
            Action::Publish { change } => self.publish(&mut next, change),
            Action::Crash { node } => self.crash(&mut next, node),
            Action::Restart { node } => {
                let ring = next.ring_of(node).clone();
                next.nodes[node].restart(node, &ring);
            }
            Action::Cut { node } => {
                next.cuts_left -= 1;
                next.cut = Some(node);
            }
            Action::Heal => next.cut = None,
            Action::Tick => next.nodes.iter_mut().for_each(Node::age),
        }
        self.sync_all_if_nothing_crashes(&mut next);
        self.settle(&mut next);
        next.forget_useless_pushes();
        next.exchange_beacons();
        (next != *world).then_some(next)
    }

    /// What is on disk makes a difference only to a process that can still crash.
    fn sync_all_if_nothing_crashes(&self, world: &mut World) {
        if world.crashes_left == 0 {
            for node in 0..NODES {
                if world.nodes[node].up {
                    self.sync(world, node);
                }
            }
        }
    }

    fn sync(&self, world: &mut World, node: Id) {
        let here = &mut world.nodes[node];
        here.disk = here.memory;
        world.pushes = std::mem::take(&mut world.pushes).into_iter().map(|push| push.synced(node)).collect();
        for client in 0..world.clients.len() {
            if let Phase::Decided { at, done } = world.clients[client].phase
                && at == node
            {
                requests::answer(self, world, client, at, done);
            }
        }
    }

    fn crash(&self, world: &mut World, node: Id) {
        world.crashes_left -= 1;
        let here = &mut world.nodes[node];
        let on_disk = here.disk.row().is_some_and(|row| row.locked);
        let lost = here.memory.row().filter(|row| row.locked && !on_disk);
        here.crash();
        if !self.stands(Guard::RememberEpoch) {
            here.epoch = 1;
        }
        for client in &mut world.clients {
            client.orphaned |=
                lost.is_some() && client.lock().map(|lock| lock.cookie) == lost.map(|row| row.cookie);
            if matches!(client.phase, Phase::Decided { at, .. } if at == node) {
                client.cut_off();
            }
        }
        world.pushes.retain(|push| push.to != node || push.stage != Stage::Filed);
    }

    fn publish(&self, world: &mut World, change: Change) {
        let ring = world.latest().clone();
        world.rings_left -= 1;
        let mut members = ring.ring().members.clone();
        match change {
            Change::Join(node) => members.push(member(node, State::Active)),
            Change::Drain(node) => {
                members.iter_mut().filter(|member| member.name == NAMES[node]).for_each(|member| {
                    member.state = State::Draining;
                });
            }
            Change::Remove(node) | Change::Exclude(node) => {
                members.retain(|member| member.name != NAMES[node]);
            }
        }
        if let Change::Exclude(lost) = change {
            world.past.given_up = true;
            // It was silent for longer than anything waits for its disk.
            let waits =
                |client: &&mut Client| matches!(client.phase, Phase::Decided { at, .. } if at == lost);
            world.clients.iter_mut().filter(waits).for_each(Client::cut_off);
        }
        let settled = |name: &str| {
            let node = NAMES.iter().position(|known| *known == name).expect("a node of the model");
            let there = &world.nodes[node];
            world.reachable(node) && there.epoch == ring.epoch() && there.settled
        };
        let next = ring.ring().next(members, settled);
        world.rings.push(Published::new(next, world.key));
    }
}
