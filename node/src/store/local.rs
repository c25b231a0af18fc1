//! What this node has of a session, as another node would ask: no command, no renewal, nothing changed.

use std::time::Duration;

use cloakroom_session::Time;

use super::execute::{Loaded, Wanted};
use super::shard::Shard;
use super::slot::Slot;
use super::{Backed, Place, Row, Store, Stored};

/// What lies under a place.
pub(super) enum Local {
    /// Nothing, or what has expired.
    Nothing,
    /// A removal.
    Tombstone {
        epoch: u64,
        /// Version of the removal, which may not be durable yet.
        version: u64,
    },
    /// A session, perhaps of another key with the same hash.
    Row {
        slot: Slot,
        content: Stored,
        /// Ring epoch of its last put.
        epoch: u64,
        /// Version of the put if it is not durable yet.
        pending: Option<u64>,
    },
    /// A session of which more than its slot must be read first.
    Unread(Wanted),
}

impl Store {
    /// Looks, with what was read for that before.
    pub(super) fn local(&self, shard: &Shard, place: Place, now: Time, loaded: Option<&Loaded>) -> Local {
        let Some(slot) = shard.get(place.slot()) else {
            return match shard.tombstones.get(place.slot()) {
                Some(stone) => Local::Tombstone { epoch: stone.epoch, version: stone.version },
                None => Local::Nothing,
            };
        };
        if slot.entry.expired(now) {
            return Local::Nothing;
        }
        if let Some(pending) = shard.pending(place.slot()) {
            let put = &pending.put;
            let (content, epoch) = (put.content.clone(), put.epoch);
            return Local::Row { slot, content, epoch, pending: Some(put.version) };
        }
        match loaded.filter(|loaded| self.is_current(loaded, slot.extent)) {
            Some(Loaded { content, epoch, .. }) => {
                Local::Row { slot, content: content.clone(), epoch: *epoch, pending: None }
            }
            None => Local::Unread(self.wanted(place, &slot)),
        }
    }
}

impl Row {
    /// What another node needs to go on with a session at `now`.
    pub(super) fn of(slot: &Slot, content: Stored, epoch: u64, now: Time, backed: Backed) -> Self {
        let entry = &slot.entry;
        Self {
            content,
            epoch,
            timeout: entry.timeout,
            uninitialised: entry.uninitialised,
            cookie: entry.cookie,
            locked: entry.locked_since.map(|since| Duration::from_millis(now.millis_since(since))),
            remaining: Duration::from_millis(entry.deadline.millis_since(now)),
            backed,
        }
    }
}
