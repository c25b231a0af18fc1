//! How soon to look again: nothing tells the operator what nodes do among themselves.

use std::time::Duration;

use cloakroom_node_config::BackingMode;
use cloakroom_ring::Ring;

use super::{facts::Facts, silence::missed};
use crate::heard::Standstill;

/// While sessions move, or somebody is about to join or to be given up.
const SOON: Duration = Duration::from_millis(500);
/// While nothing happens and changes are written behind: a machine that is gone tells nobody, and its sessions wait in the backing
/// store until its node is excluded.
const WATCHFUL: Duration = Duration::from_secs(3);
/// While nothing has come of looking for [`LONG`].
const LATER: Duration = Duration::from_secs(5);
/// After so much silence or standstill it is a person who must do something, and that takes longer than [`LATER`].
const LONG: Duration = Duration::from_secs(120);

/// When to look again; `None` if every change is told of by the API server.
pub(crate) fn pause(ring: Option<&Ring>, facts: &Facts, standstill: Option<Standstill>) -> Option<Duration> {
    let missed = ring.map(|ring| missed(ring, facts)).unwrap_or_default();
    let silent = missed.iter().map(|(_, silence, _)| silence.lasting).max();
    let in_vain = silent.max(standstill.map(|standstill| standstill.lasting));
    let is_settled = ring.is_none_or(|ring| facts.is_settled(ring));
    if is_settled && missed.is_empty() && !facts.has_candidates(ring) {
        match facts.backing() {
            Some(BackingMode::WriteBehind) => Some(WATCHFUL),
            // An engine that is back is news, and nobody tells of it.
            _ => facts.misses_backing().then_some(LATER),
        }
    } else if in_vain.is_some_and(|lasting| lasting > LONG) {
        Some(LATER)
    } else {
        Some(SOON)
    }
}
