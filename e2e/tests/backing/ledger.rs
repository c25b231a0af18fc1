//! What the nodes say was lost, beside what the clients miss.
//!
//! A node that comes back with changes which the engine does not have and on which nobody can build any more counts
//! them. Neither side can lie without the other: whatever a client misses was counted by a node, and nodes count nothing
//! but what was changed in the last moments before the fault.

use std::{collections::BTreeMap, time::Duration};

use cloakroom_e2e::load::{Load, Report};

use crate::trial::Trial;

/// Changes that a node never got rid of.
const LOST: &str = r#"cloakroom_sessions_lost_total{reason="superseded"}"#;
/// The phase before a fault: twice as long as a change may wait, since a busy machine is late.
const LAST_MOMENTS: &str = "last moments";
const WAIT: Duration = Duration::from_secs(2);

/// Counts what nodes count, across the ends of their processes.
pub(crate) struct Ledger<'t> {
    trial: &'t Trial<'t>,
    /// What each said last.
    last: BTreeMap<String, u64>,
    counted: u64,
}

impl<'t> Ledger<'t> {
    pub(crate) fn open(trial: &'t Trial<'t>) -> Self {
        let mut ledger = Self { trial, last: BTreeMap::new(), counted: 0 };
        ledger.read();
        ledger.counted = 0;
        ledger
    }

    /// Lets the load go on for as long as a change may wait, and a fault of `pod` may follow; `dies` says that the next
    /// process begins to count anew.
    pub(crate) async fn before_fault(&mut self, load: &Load, pod: &str, dies: bool) {
        load.mark(LAST_MOMENTS);
        load.a_while(WAIT).await;
        self.read();
        if dies {
            self.last.insert(pod.to_owned(), 0);
        }
    }

    /// How many sessions lost changes since this was opened, as the nodes say.
    pub(crate) fn counted(&mut self) -> u64 {
        self.read();
        self.counted
    }

    fn read(&mut self) {
        for pod in self.trial.pods() {
            let now = self.trial.figure(&pod, LOST);
            let before = self.last.insert(pod, now).unwrap_or(0);
            // A process that was started again counts anew.
            self.counted += now.checked_sub(before).unwrap_or(now);
        }
    }
}

/// How many sessions may at most have had changes that were not stored yet at the faults of `report`.
pub(crate) fn exposed(report: &Report) -> u64 {
    let faults = report.phases.windows(2).filter(|pair| pair[0].name == LAST_MOMENTS);
    faults.map(|pair| (pair[0].asked.len() + pair[1].under_way) as u64).sum()
}
