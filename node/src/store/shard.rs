//! One part of the index, and what its sessions need beside their slots.

mod copy;

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use cloakroom_session::{Entry, Time};
use tokio::sync::oneshot;

use super::Backed;
use super::slot::{Packed, Slot};
use super::stored::Stored;
use super::table::Table;
use super::tombstones::Tombstones;
use super::unflushed::Notes;
use crate::disk::Extent;
use crate::disk::segments::Segments;

/// Keys are hashes already.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        // The map looks at the top bits, the shard has used up those of the hash.
        self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only u64 keys are hashed");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

pub(crate) type ByHash<V> = HashMap<u64, V, BuildHasherDefault<Hashed>>;

/// A body that is not on disk yet.
#[derive(Debug)]
pub(crate) struct Pending {
    /// The put that carries it.
    pub(crate) put: Put,
    /// The session as the disk has it until then.
    pub(crate) previous: Option<Slot>,
}

/// A body and the put that carries it to the disk.
#[derive(Clone, Debug)]
pub(crate) struct Put {
    pub(crate) version: u64,
    /// Ring epoch in which it was decided.
    pub(crate) epoch: u64,
    /// Key and body.
    pub(crate) content: Stored,
}

/// Everything of one shard, behind its lock.
#[derive(Debug, Default)]
pub(crate) struct Shard {
    table: Table,
    locks: ByHash<Time>,
    pending: ByHash<Pending>,
    /// A session and its tombstone are never there together.
    pub(crate) tombstones: Tombstones,
    /// Of sessions and tombstones, towards the backing store.
    pub(crate) notes: Notes,
    /// Who waits for a read that is under way.
    pub(crate) loading: ByHash<Vec<oneshot::Sender<()>>>,
}

impl Shard {
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    pub(crate) fn index_bytes(&self) -> usize {
        self.table.bytes() + self.tombstones.bytes()
    }

    pub(crate) fn get(&self, hash: u64) -> Option<Slot> {
        self.table.get(hash).map(|packed| self.unpack(packed))
    }

    /// The hash of every session, also of those that have expired.
    pub(crate) fn hashes(&self) -> impl Iterator<Item = u64> {
        self.table.iter().map(Packed::hash)
    }

    /// The hash of every session that is locked at `now`, and since when; in no order.
    pub(crate) fn locked(&self, now: Time) -> impl Iterator<Item = (u64, Time)> {
        let lives = move |hash| self.table.get(hash).is_some_and(|packed| now <= packed.deadline());
        self.locks.iter().map(|(hash, since)| (*hash, *since)).filter(move |(hash, _)| lives(*hash))
    }

    /// The hash of every session that lives at `now`, and the bytes that its record takes.
    pub(crate) fn sizes(&self, now: Time) -> impl Iterator<Item = (u64, u64)> {
        self.table.iter().filter(move |packed| now <= packed.deadline()).map(|packed| {
            let bytes = match packed.extent() {
                Some(extent) => extent.length.bytes(),
                None => {
                    self.pending(packed.hash()).map_or(0, |pending| pending.put.content.joined().len() as u64)
                }
            };
            (packed.hash(), bytes)
        })
    }

    pub(crate) fn pending(&self, hash: u64) -> Option<&Pending> {
        self.pending.get(&hash)
    }

    /// Changes lock and ages; the body stays where it is.
    pub(crate) fn touch(&mut self, slot: Slot, entry: Entry) {
        // A lock granted by this run cannot be granted again after it.
        let recovered = slot.recovered && entry.cookie == slot.entry.cookie;
        self.write(&Slot { entry, recovered, ..slot });
    }

    /// Files a body that is on its way to disk. `recovered` as in [`Slot`].
    pub(crate) fn put(&mut self, hash: u64, entry: Entry, recovered: bool, put: Put) {
        let previous = match self.pending.remove(&hash) {
            Some(pending) => pending.previous,
            None => self.get(hash),
        };
        self.pending.insert(hash, Pending { put, previous });
        self.tombstones.remove(hash);
        self.write(&Slot { hash, extent: None, entry, recovered });
    }

    /// Forgets a session; its record on disk is no longer wanted.
    pub(crate) fn drop_session(&mut self, hash: u64, segments: &Segments) {
        let slot = self.table.remove(hash);
        self.locks.remove(&hash);
        self.notes.remove(hash);
        let extent = match self.pending.remove(&hash) {
            Some(pending) => pending.previous.and_then(|previous| previous.extent),
            None => slot.and_then(Packed::extent),
        };
        if let Some(extent) = extent {
            segments.sub_live(extent);
        }
    }

    /// A put became durable at `extent`.
    pub(crate) fn durable(
        &mut self,
        hash: u64,
        version: u64,
        entry: Entry,
        extent: Extent,
        segments: &Segments,
    ) {
        let Some(pending) = self.pending.get_mut(&hash) else {
            return;
        };
        segments.add_live(extent);
        if let Some(replaced) = pending.previous.as_ref().and_then(|previous| previous.extent) {
            segments.sub_live(replaced);
        }
        if pending.put.version != version {
            // A later put is on its way; until then this is what the disk has.
            pending.previous = Some(Slot { hash, extent: Some(extent), entry, recovered: false });
            return;
        }
        self.pending.remove(&hash);
        if let Some(slot) = self.get(hash) {
            self.write(&Slot { extent: Some(extent), ..slot });
        }
    }

    /// A remove, or that the session has moved, became durable: what the disk had before it must not come back under a later put.
    pub(crate) fn removed(&mut self, hash: u64, version: u64, segments: &Segments) {
        if let Some(pending) = self.pending.get_mut(&hash)
            && pending.put.version > version
            && let Some(extent) = pending.previous.take().and_then(|previous| previous.extent)
        {
            segments.sub_live(extent);
        }
    }

    /// Where the disk has the session now.
    pub(crate) fn on_disk(&self, hash: u64) -> Option<Extent> {
        match self.pending.get(&hash) {
            Some(pending) => pending.previous.as_ref()?.extent,
            None => self.table.get(hash)?.extent(),
        }
    }

    /// Points a session at a copy of its record, unless it has moved on.
    pub(crate) fn relocate(&mut self, hash: u64, from: Extent, to: Extent, segments: &Segments) {
        if self.on_disk(hash) != Some(from) {
            return;
        }
        segments.add_live(to);
        segments.sub_live(from);
        if let Some(pending) = self.pending.get_mut(&hash) {
            if let Some(previous) = &mut pending.previous {
                previous.extent = Some(to);
            }
        } else if let Some(slot) = self.get(hash) {
            self.write(&Slot { extent: Some(to), ..slot });
        }
    }

    /// Hashes of the sessions that are gone at `now`; forgets old tombstones on the way.
    pub(crate) fn sweep(&mut self, now: Time, expired: &mut Vec<u64>) {
        expired.extend(self.table.iter().filter(|packed| now > packed.deadline()).map(Packed::hash));
        let notes = &self.notes;
        self.tombstones.sweep(|hash, stone| stone.matters(now) || notes.backed(hash) == Backed::Unflushed);
    }

    /// Applies a put read from the journal.
    pub(crate) fn replay_put(
        &mut self,
        hash: u64,
        entry: Entry,
        version: u64,
        extent: Extent,
        segments: &Segments,
    ) {
        if self.tombstones.get(hash).is_some_and(|stone| stone.version > version) {
            return;
        }
        self.tombstones.remove(hash);
        if let Some(replaced) = self.table.get(hash).and_then(Packed::extent) {
            segments.sub_live(replaced);
        }
        segments.add_live(extent);
        self.write(&Slot { hash, extent: Some(extent), entry, recovered: false });
    }

    /// Marks every session as recovered from an unclean stop and gives it `slack` more, in milliseconds.
    pub(crate) fn mark_recovered(&mut self, slack: impl Fn(&Entry) -> u64) {
        // The note of when a lock was granted stays beside the table, so any moment will do here.
        self.table.update_all(|packed| {
            let mut slot = packed.unpack(Time::ZERO);
            slot.recovered = true;
            slot.entry.deadline = slot.entry.deadline.plus_millis(slack(&slot.entry));
            Packed::pack(&slot)
        });
    }

    fn write(&mut self, slot: &Slot) {
        let before = self.table.upsert(Packed::pack(slot));
        match slot.entry.locked_since {
            Some(since) => {
                self.locks.insert(slot.hash, since);
            }
            // Few sessions are locked: do not search for what is not there.
            None if before.is_some_and(Packed::is_locked) => {
                self.locks.remove(&slot.hash);
            }
            None => {}
        }
    }

    fn unpack(&self, packed: Packed) -> Slot {
        let since = if packed.is_locked() { self.locks.get(&packed.hash()).copied() } else { None };
        packed.unpack(since.unwrap_or_default())
    }
}
