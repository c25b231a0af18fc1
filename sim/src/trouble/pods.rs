//! Planned operations: pods that go and come.

use std::time::Duration;

use cloakroom_node::cluster::HandedOver;
use cloakroom_ring::State;

use super::Trouble;
use crate::machine::{Machine, Stop};
use crate::time::pass;

impl Trouble {
    /// The pod's way out: it hands over, and its process ends when that is done, or when time is up and the pod
    /// `must_go`.
    async fn drain(&self, machine: &Machine, must_go: bool) {
        while let Some(process) = machine.process() {
            let handed_over = process.gone.run_until_cancelled(process.cluster.handed_over()).await;
            self.trace.note(format_args!("{} has drained: {handed_over:?}", machine.name()));
            let is_member = self.rings.newest().is_some_and(|ring| ring.member(machine.name()).is_some());
            if must_go || !is_member || !matches!(handed_over, Some(HandedOver::Left(_))) {
                break;
            }
        }
        // Whoever looks that often has seen it by then.
        pass(Duration::from_millis(250)).await;
        machine.stop(Stop::Clean);
        self.operator.pods.remove(machine.name());
    }

    pub(super) async fn restart(&self) {
        let Some(machine) = self.victim() else { return };
        self.trace.note(format_args!("the pod {} is deleted", machine.name()));
        self.operator.pods.delete(machine.name());
        self.drain(&machine, true).await;
        pass(self.chance.millis(50, 500)).await;
        self.operator.pods.create(machine.name());
        self.begin(&machine).await;
        machine.give_back();
    }

    pub(super) async fn scale_in(&self) {
        let replicas = self.operator.pods.replicas();
        let Some(machine) = self.machines.iter().find(|machine| machine.number() + 1 == replicas) else {
            return;
        };
        let active = self.rings.newest().map_or(0, |ring| {
            ring.members
                .iter()
                .filter(|member| member.state == State::Active && member.name != machine.name())
                .count()
        });
        // Whoever is the last to own sessions stays.
        if replicas <= 2 || active == 0 || machine.process().is_none() || !machine.take() {
            return;
        }
        self.trace.note(format_args!("scale in to {}", replicas - 1));
        self.operator.pods.scale(replicas - 1);
        self.drain(machine, false).await;
        machine.give_back();
    }

    pub(super) async fn scale_out(&self) {
        let replicas = self.operator.pods.replicas();
        let Some(machine) = self.machines.iter().find(|machine| machine.number() == replicas) else { return };
        if !machine.take() {
            return;
        }
        self.trace.note(format_args!("scale out to {}", replicas + 1));
        self.operator.pods.scale(replicas + 1);
        self.operator.pods.create(machine.name());
        pass(self.chance.millis(50, 300)).await;
        self.begin(machine).await;
        machine.give_back();
    }
}
