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
        self.wait_for_its_moment(&machine).await;
        self.end(&machine, self.chance.pick(&[Stop::Killed, Stop::PowerCut]));
        for _ in 0..self.chance.between(20, 60) {
            pass(Duration::from_millis(100)).await;
            if self.rings.newest().is_some_and(|ring| ring.member(machine.name()).is_none()) {
                break;
            }
        }
        pass(self.chance.millis(0, 1_500)).await;
        self.begin(&machine).await;
        machine.give_back();
    }

    fn end(&self, machine: &Machine, how: Stop) {
        let Some(process) = machine.process() else { return };
        machine.stop(how);
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
