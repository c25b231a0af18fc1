//! Processes that end without being asked, and start again.

use std::sync::Arc;
use std::time::Duration;

use super::Trouble;
use crate::machine::{Machine, Stop};
use crate::time::pass;

impl Trouble {
    pub(super) async fn crash(&self, how: Stop, away: Duration) {
        let Some(machine) = self.victim() else { return };
        self.wait_for_its_moment(&machine).await;
        self.end(&machine, how);
        pass(away).await;
        self.begin(&machine).await;
        machine.give_back();
    }

    /// A crash is dull when everything is written and nothing moves.
    async fn wait_for_its_moment(&self, machine: &Machine) {
        let epoch = || machine.process().map(|process| process.cluster.epoch());
        let began = epoch();
        let unsynced = || machine.process().is_none_or(|process| process.has_unsynced());
        let moved = || epoch() != began;
        let (is_it, later): (&(dyn Fn() -> bool + Send + Sync), _) = match self.chance.between(1, 100) {
            1..=40 => (&unsynced, Duration::ZERO),
            41..=80 => (&moved, self.chance.millis(0, 60)),
            _ => return,
        };
        for _ in 0..1_500 {
            if is_it() {
                break;
            }
            pass(Duration::from_millis(1)).await;
        }
        pass(later).await;
    }

    pub(super) async fn stay_away(&self) {
        let Some(machine) = self.victim() else { return };
        self.until_excluded(&machine).await;
        pass(self.chance.millis(0, 1_500)).await;
        self.begin(&machine).await;
        machine.give_back();
    }

    pub(super) async fn lose_volume(&self) {
        let Some(machine) = self.victim() else { return };
        // Who is not given up is waited for, and its volume is all there is.
        if self.until_excluded(&machine).await {
            self.trace.note(format_args!("{} has lost its volume", machine.name()));
            machine.lose_volume();
            self.ledger.volume_lost(machine.name());
        }
        pass(self.chance.millis(0, 1_500)).await;
        self.begin(&machine).await;
        machine.give_back();
    }

    /// Ends the machine's process and waits, but not for ever, until it is no member any more; whether it is not.
    async fn until_excluded(&self, machine: &Machine) -> bool {
        self.wait_for_its_moment(machine).await;
        self.end(machine, self.chance.pick(&[Stop::Killed, Stop::PowerCut]));
        for _ in 0..self.chance.between(20, 60) {
            pass(Duration::from_millis(100)).await;
            if self.rings.newest().is_some_and(|ring| ring.member(machine.name()).is_none()) {
                return true;
            }
        }
        false
    }

    fn end(&self, machine: &Machine, how: Stop) {
        let Some(process) = machine.process() else { return };
        machine.stop(how);
        if !self.operator.mode.loses_with_its_node() {
            return;
        }
        self.ledger.crashed(machine.name(), process.cluster.epoch(), &self.rings);
    }

    /// Starts the machine's process, sometimes with the ring that was mounted: a while old, or of an earlier life.
    pub(super) async fn begin(&self, machine: &Arc<Machine>) {
        let process = machine.start().expect("a volume that only lost what was not synced can be opened");
        let Some(newest) = self.rings.newest() else { return };
        if self.chance.percent(50) {
            let epoch = newest.epoch - self.chance.between(0, 3).min(newest.epoch - 1);
            if let Some(ring) = self.rings.at(epoch) {
                let adopted = process.gone.run_until_cancelled(process.cluster.adopt(&ring)).await;
                let adopted = adopted.map(|adopted| adopted.is_ok());
                self.trace.note(format_args!("{} finds ring {epoch} mounted: {adopted:?}", machine.name()));
            }
        }
    }
}
