//! Everything that can happen, and when.

use cloakroom_ring::State;

use crate::client::{Ask, Phase};
use crate::held::Held;
use crate::published::{Id, NODES};
use crate::world::{Push, Stage, World};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// A client's request reaches a node, which decides it as the owner under the ring of that epoch. What
    /// need not wait for the disk is answered.
    Ask {
        client: usize,
        at: Id,
        epoch: u64,
        ask: Ask,
    },
    /// What a node has decided is on its disk, and answered.
    Sync {
        node: Id,
    },
    /// An owner asks a source, which replies with what it has.
    Pull {
        node: Id,
        source: Id,
    },
    /// Having heard every source, the owner files the newest.
    Pulled {
        node: Id,
    },
    /// A node sends what it has to its owner.
    Push {
        node: Id,
    },
    /// It arrives.
    File {
        push: Push,
    },
    /// The owner's word that it is durable arrives.
    Acknowledge {
        push: Push,
    },
    /// A node hears of a newer ring.
    Adopt {
        node: Id,
        epoch: u64,
    },
    /// The operator publishes the next ring.
    Publish {
        change: Change,
    },
    Crash {
        node: Id,
    },
    Restart {
        node: Id,
    },
    Cut {
        node: Id,
    },
    Heal,
    Tick,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Change {
    Join(Id),
    Drain(Id),
    /// A member that drained leaves.
    Remove(Id),
    /// A member that nobody reaches is given up.
    Exclude(Id),
}

/// Copies on their way at once.
const PUSHES: usize = 2;

pub(crate) fn actions(world: &World, actions: &mut Vec<Action>) {
    for client in 0..world.clients.len() {
        requests(world, client, actions);
    }
    for node in 0..NODES {
        if world.nodes[node].up {
            storage(world, node, actions);
            hand_off(world, node, actions);
        }
        faults(world, node, actions);
    }
    for push in &world.pushes {
        match push.stage {
            Stage::Sent => actions.push(Action::File { push: *push }),
            Stage::Filed => {}
            Stage::Durable => actions.push(Action::Acknowledge { push: *push }),
        }
    }
    if world.cut.is_some() {
        actions.push(Action::Heal);
    }
    actions.push(Action::Tick);
    if world.rings_left > 0 {
        changes(world, actions);
    }
}

fn requests(world: &World, client: usize, actions: &mut Vec<Action>) {
    let asking = &world.clients[client];
    let ask = match asking.phase {
        Phase::Idle if asking.turns > 0 => Ask::Acquire,
        Phase::Idle => return,
        Phase::Missing => Ask::Create,
        // The first client writes, the second one removes.
        Phase::Holding(lock) if client == 0 => Ask::Write(lock),
        Phase::Holding(lock) => Ask::Remove(lock),
        Phase::Decided { .. } => return,
    };
    for at in (0..NODES).filter(|at| world.nodes[*at].up) {
        // A command may have come so far under an earlier ring.
        let epochs = 1..=world.nodes[at].epoch;
        let owned = epochs.filter(|epoch| world.ring(*epoch).owner() == at);
        actions.extend(owned.map(|epoch| Action::Ask { client, at, epoch, ask }));
    }
}

fn storage(world: &World, node: Id, actions: &mut Vec<Action>) {
    if world.nodes[node].memory != world.nodes[node].disk {
        actions.push(Action::Sync { node });
    }
}

fn hand_off(world: &World, node: Id, actions: &mut Vec<Action>) {
    let here = &world.nodes[node];
    if world.owns(node) {
        let unasked = world.unasked(node);
        let sources = unasked.iter().filter(|source| here.pulled[**source].is_none());
        actions.extend(sources.map(|source| Action::Pull { node, source: *source }));
        if !unasked.is_empty() && unasked.iter().all(|source| here.pulled[*source].is_some()) {
            actions.push(Action::Pulled { node });
        }
    } else if here.memory != Held::Nothing && world.pushes.len() < PUSHES {
        actions.push(Action::Push { node });
    }
    let newer = here.epoch + 1..=world.latest().epoch();
    if world.reachable(node) {
        actions.extend(newer.map(|epoch| Action::Adopt { node, epoch }));
    }
}

fn faults(world: &World, node: Id, actions: &mut Vec<Action>) {
    if !world.nodes[node].up {
        actions.push(Action::Restart { node });
    } else if world.crashes_left > 0 {
        actions.push(Action::Crash { node });
    }
    if world.cuts_left > 0 {
        actions.push(Action::Cut { node });
    }
}

fn changes(world: &World, actions: &mut Vec<Action>) {
    let ring = world.latest();
    let reports = |node: Id| {
        let there = &world.nodes[node];
        world.reachable(node) && there.epoch == ring.epoch() && there.settled
    };
    let settled = ring.members().all(reports);
    let active = ring.ring().members.iter().filter(|member| member.state == State::Active).count();
    for node in 0..NODES {
        let state = ring.placement(node).me().map(|index| ring.ring().members[index].state);
        let change = match state {
            None if settled && world.reachable(node) => Change::Join(node),
            Some(_) if !world.reachable(node) && ring.members().count() > 1 => Change::Exclude(node),
            Some(State::Active) if settled && active > 1 => Change::Drain(node),
            Some(State::Draining) if reports(node) => Change::Remove(node),
            _ => continue,
        };
        actions.push(Action::Publish { change });
    }
}
