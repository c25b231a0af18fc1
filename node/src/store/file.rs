//! What a decided command leaves behind: in the index, the hot tier and the journal's queue.
//!
//! All under the shard's lock, so the order of changes in the journal is the order of decisions.

use cloakroom_node_config::Acknowledge;
use cloakroom_session::{Change as Renewal, Effect, Entry, Outcome, Step, Time};

use super::execute::Request;
use super::shard::{Put, Shard};
use super::slot::Slot;
use super::tombstones::Tombstone;
use super::{Place, Store, Stored, coarse_millis};
use crate::disk::queue::{Change, Urgency};
use crate::disk::record::Kind;
use crate::guard::{Guard, stands};

impl Store {
    /// Files the effect, and returns the version that must be durable before the answer.
    pub(super) fn file(
        &self,
        shard: &mut Shard,
        request: Request<'_>,
        now: Time,
        place: Place,
        slot: Option<Slot>,
        decided: &Step,
    ) -> Option<u64> {
        let live = slot.filter(|_| !decided.timed_out);
        if decided.timed_out {
            self.forget(shard, place);
            self.metrics.sessions_timed_out.inc();
        }
        let epoch = request.at.epoch;
        let waits = self.settings.acknowledge == Acknowledge::Disk && stands(Guard::AckAfterCommit);
        let urgency = if waits { Urgency::Now } else { Urgency::Rides };
        let push = |shard: &mut Shard, kind, entry: Entry, content, urgency| {
            let change = Change { kind, hash: place.full, epoch, entry, content };
            let version = self.journal.queue.push(change, urgency);
            self.note(shard, place, version, now);
            version
        };
        match decided.effect {
            Effect::None => {
                // That a session is gone is told only when its removal cannot be taken back any more.
                let stone = shard.tombstones.get(place.slot()).filter(|_| waits)?;
                (!self.journal.queue.is_durable(stone.version)).then_some(stone.version)
            }
            Effect::Touch(entry, renewal) => {
                let slot = live.expect("only a live session is touched");
                let coarse = coarse_millis(entry.timeout, self.settings.lifetime_max).max(1);
                let moved = slot.entry.deadline.as_millis() / coarse != entry.deadline.as_millis() / coarse;
                shard.touch(slot, entry);
                if slot.recovered && matches!(decided.outcome, Outcome::Acquired { .. }) {
                    // The next crash must find this lock, or the same jump would grant the same cookie again.
                    return Some(push(shard, Kind::Touch, entry, None, Urgency::Now));
                }
                if renewal == Renewal::LockOrFlag || moved {
                    push(shard, Kind::Touch, entry, None, Urgency::Rides);
                }
                // Nobody may be told of what a crash could still take back: neither its content, nor that
                // it is stored, which is the answer to an uninitialised write onto it, nor of a lock that
                // only its write has made room for.
                let tells = matches!(
                    decided.outcome,
                    Outcome::Found { .. }
                        | Outcome::Acquired { .. }
                        | Outcome::Stored
                        | Outcome::Locked { .. }
                );
                shard.pending(place.slot()).filter(|_| tells && waits).map(|pending| pending.put.version)
            }
            Effect::Put(entry) => {
                let content = request.content.expect("a set comes with its content");
                let version = push(shard, Kind::Put, entry, Some(content.clone()), urgency);
                self.hot.insert(place.hot(), content.clone());
                let recovered = live.is_some_and(|slot| slot.recovered);
                shard.put(place.slot(), entry, recovered, Put { version, epoch, content: content.clone() });
                if live.is_none() {
                    self.metrics.sessions.inc();
                }
                self.metrics.put_bytes.inc_by(content.body().len() as u64);
                waits.then_some(version)
            }
            Effect::Remove => {
                let key = Stored::new(request.key, &[]);
                let version = self.bury(shard, place, key, epoch, now, urgency);
                self.metrics.sessions_abandoned.inc();
                waits.then_some(version)
            }
        }
    }

    /// The backing store, if there is one, does not have this change.
    pub(super) fn note(&self, shard: &mut Shard, place: Place, version: u64, now: Time) {
        if self.settings.backed {
            shard.notes.changed(place.slot(), version, now);
        }
    }

    /// Files a removal, and returns its version.
    pub(super) fn bury(
        &self,
        shard: &mut Shard,
        place: Place,
        key: Stored,
        epoch: u64,
        since: Time,
        urgency: Urgency,
    ) -> u64 {
        let change = Change::end(Kind::Remove, place.full, epoch, Some(key.clone()));
        let version = self.journal.queue.push(change, urgency);
        self.forget(shard, place);
        shard.tombstones.bury(place.slot(), Tombstone { version, epoch, since, key: Some(key) });
        self.note(shard, place, version, self.now());
        version
    }

    /// Takes a session out of memory.
    pub(super) fn forget(&self, shard: &mut Shard, place: Place) {
        shard.drop_session(place.slot(), &self.journal.segments);
        self.hot.remove(place.hot());
    }
}
