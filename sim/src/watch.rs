//! What must be true of every node at every moment, looked at again and again while a run goes on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_ring::invariant;

use crate::machine::Machine;
use crate::network::Network;
use crate::rings::Rings;
use crate::time::pass;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(40);

/// Looks at all machines until the run ends.
pub(crate) async fn watch(machines: Vec<Arc<Machine>>, rings: Rings, network: Network) {
    let mut epochs: BTreeMap<(u16, u32), u64> = BTreeMap::new();
    loop {
        for machine in &machines {
            let Some(ring) = machine.process().and_then(|process| process.cluster.ring()) else { continue };
            // A node remembers by its volume.
            let last = epochs.entry((machine.number(), machine.volumes_lost())).or_default();
            if !invariant::epochs_rise(*last, ring.epoch) {
                network.report(format!("{} went back from epoch {last} to {}", machine.name(), ring.epoch));
            }
            *last = ring.epoch;
            match rings.at(ring.epoch) {
                Some(known) if invariant::a_ring_never_changes(&known, &ring) => {}
                _ => network.report(format!(
                    "{} acts on another ring {} than was published",
                    machine.name(),
                    ring.epoch
                )),
            }
        }
        pass(PAUSE).await;
    }
}
