//! What the backing store does not have yet, in the order in which the flusher asks for it.
//!
//! A session is noted when it changes and struck out when the backing store has that very change. The notes are as
//! durable as the sessions: a checkpoint has them, and what is replayed after it is noted again, which at worst stores
//! a session twice.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_session::Time;

use super::finish::Unavailable;
use super::hand_over::Found;
use super::shard::{ByHash, Shard};
use super::{Backed, Parcel, Place, Store, coarse_millis};
use crate::backing::{Flush, Mark};
use crate::guard::{Guard, stands};

/// What a shard remembers of its sessions and the backing store. Absent: the backing store has it.
#[derive(Debug, Default)]
pub(crate) struct Notes(ByHash<Note>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Note {
    /// Changed, by this version, for the first time since it was last stored at this moment.
    Unflushed { change: u64, since: Time },
    /// Taken from the backing store, which had it from this epoch, and not changed since.
    Recovered { stored: u64 },
}

/// A session that the backing store does not have as it is here.
#[derive(Clone, Debug)]
pub struct Unflushed {
    place: Place,
    change: u64,
}

/// How much waits for the backing store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Sessions.
    pub sessions: u64,
    /// How long the oldest has waited.
    pub oldest: Duration,
}

impl Notes {
    /// The session changed, and this is the change.
    pub(crate) fn changed(&mut self, hash: u64, change: u64, now: Time) {
        let since = match self.0.get(&hash) {
            Some(Note::Unflushed { since, .. }) => *since,
            Some(Note::Recovered { .. }) | None => now,
        };
        self.0.insert(hash, Note::Unflushed { change, since });
    }

    /// The session is as the backing store has it.
    pub(crate) fn recovered(&mut self, hash: u64, stored: u64) {
        self.0.insert(hash, Note::Recovered { stored });
    }

    /// Nothing is to be said of it any more.
    pub(crate) fn remove(&mut self, hash: u64) {
        self.0.remove(&hash);
    }

    pub(crate) fn backed(&self, hash: u64) -> Backed {
        match self.0.get(&hash) {
            Some(Note::Unflushed { .. }) => Backed::Unflushed,
            Some(Note::Recovered { stored }) => Backed::Recovered { stored: *stored },
            None => Backed::Flushed,
        }
    }

    /// Those that the backing store does not have.
    pub(crate) fn unflushed(&self) -> impl Iterator<Item = u64> {
        self.0.iter().filter(|(_, note)| matches!(note, Note::Unflushed { .. })).map(|(hash, _)| *hash)
    }

    fn since(&self) -> impl Iterator<Item = (u64, u64, Time)> {
        self.0.iter().filter_map(|(hash, note)| match note {
            Note::Unflushed { change, since } => Some((*hash, *change, *since)),
            Note::Recovered { .. } => None,
        })
    }

    fn postpone(&mut self, hash: u64, now: Time) {
        if let Some(Note::Unflushed { since, .. }) = self.0.get_mut(&hash) {
            *since = now;
        }
    }

    fn strike(&mut self, hash: u64, flushed: u64) {
        if matches!(self.0.get(&hash), Some(Note::Unflushed { change, .. }) if *change == flushed) {
            self.0.remove(&hash);
        }
    }
}

impl Store {
    /// Sessions that changed at least `window` ago and are not in the backing store, at most `limit`, oldest first; and
    /// how much there is in all.
    #[must_use]
    pub fn unflushed(&self, window: Duration, limit: usize) -> (Vec<Unflushed>, Backlog) {
        let now = self.now();
        let due = now.minus_millis(super::whole_millis(window));
        let mut found = Vec::new();
        let (mut sessions, mut oldest) = (0, now);
        for (index, shard) in self.shards.iter().enumerate() {
            for (hash, change, since) in shard.lock().notes.since() {
                sessions += 1;
                oldest = oldest.min(since);
                if since <= due {
                    found.push((since, Unflushed { place: Place::of(index, hash), change }));
                }
            }
        }
        // By place within a moment: the order of a table's entries must decide nothing.
        let order = |found: &(Time, Unflushed)| (found.0, found.1.place.full);
        if found.len() > limit {
            found.select_nth_unstable_by_key(limit, order);
            found.truncate(limit);
        }
        found.sort_unstable_by_key(order);
        let oldest = Duration::from_millis(now.millis_since(oldest));
        (found.into_iter().map(|(_, unflushed)| unflushed).collect(), Backlog { sessions, oldest })
    }

    /// The session `key` if the backing store does not have it as it is here.
    #[must_use]
    pub fn unflushed_of(&self, key: &[u8]) -> Option<Unflushed> {
        let place = self.place(key);
        let shard = self.shard(place).lock();
        change(&shard, place).map(|change| Unflushed { place, change })
    }

    /// What to store: the session as it is now and once it is on disk here, with a mark that no earlier and no other
    /// content of it bears. `None` if there is nothing to store any more.
    ///
    /// # Errors
    /// [`Unavailable::Unreadable`] and [`Unavailable::Stopped`]; [`Unavailable::TooSlow`] if it changes faster than it gets
    /// to the disk.
    pub async fn flush(self: &Arc<Self>, unflushed: &mut Unflushed) -> Result<Option<Flush>, Unavailable> {
        let (mut loaded, mut waited) = (None, false);
        loop {
            let waits = {
                let now = self.now();
                let shard = self.shard(unflushed.place).lock();
                match self.find_in(&shard, unflushed.place, now, loaded.as_ref()) {
                    Found::Nothing => return Ok(None),
                    Found::Parcel(mut parcel, _) => {
                        if let Parcel::Row(row) = &mut parcel {
                            // What renews it is not stored each time.
                            let slack = coarse_millis(row.timeout, self.settings.lifetime_max);
                            row.remaining += Duration::from_millis(slack);
                        }
                        // Under the lock, as what is read: of two marks the higher has the newer content.
                        let mark = Mark { epoch: self.epoch(), version: self.journal.queue.stamp() };
                        let Some(change) = change(&shard, unflushed.place) else { return Ok(None) };
                        unflushed.change = change;
                        return Ok(Some(Flush { mark, parcel }));
                    }
                    waits => waits,
                }
            };
            match waits {
                Found::Pending(..) if waited => return Err(Unavailable::TooSlow),
                Found::Pending(_, version) => {
                    self.durable(version).await?;
                    waited = true;
                }
                Found::Unread(wanted) => loaded = Some(self.load_to_move(wanted).await?),
                Found::Nothing | Found::Parcel(..) => unreachable!("returned above"),
            }
        }
    }

    /// The backing store has what [`Store::flush`] gave last. What changed meanwhile stays unflushed.
    pub fn flushed(&self, unflushed: &Unflushed) {
        self.shard(unflushed.place).lock().notes.strike(unflushed.place.slot(), unflushed.change);
    }

    /// What the backing store knows of a session here; nothing, if there is none.
    pub(super) fn backed(&self, shard: &Shard, place: Place) -> Backed {
        if self.settings.backed { shard.notes.backed(place.slot()) } else { Backed::Unflushed }
    }

    /// It cannot be stored now: others first.
    pub fn postpone(&self, unflushed: &Unflushed) {
        let now = self.now();
        self.shard(unflushed.place).lock().notes.postpone(unflushed.place.slot(), now);
    }

    /// From now on every version is above `version`, which another node has given out.
    pub fn raise(&self, version: u64) {
        self.journal.queue.raise(version);
    }
}

/// The change that makes the session unflushed.
fn change(shard: &Shard, place: Place) -> Option<u64> {
    match shard.notes.0.get(&place.slot()) {
        Some(Note::Unflushed { change, .. }) => Some(*change),
        Some(Note::Recovered { .. }) | None => None,
    }
}

impl Shard {
    /// After a restart: of these sessions the backing store may have an older copy.
    pub(crate) fn note_again(&mut self, hashes: impl IntoIterator<Item = u64>, now: Time) {
        if stands(Guard::UnflushedSurvives) {
            hashes.into_iter().for_each(|hash| self.notes.changed(hash, 0, now));
        }
    }

    /// The backing store is new to all of these sessions.
    pub(crate) fn note_all(&mut self, now: Time) {
        let all: Vec<u64> = self.hashes().chain(self.tombstones.iter().map(|(hash, _)| hash)).collect();
        self.note_again(all, now);
    }
}
