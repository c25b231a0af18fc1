//! One command on one session, as far as it goes without waiting.

use std::sync::Arc;

use cloakroom_node_config::Acknowledge;
use cloakroom_session::{Change, Command, Effect, Input, Outcome, Step, Time, invariant, step};

use super::shard::Shard;
use super::slot::Slot;
use super::{Answer, Place, Store, Stored, coarse_millis};
use crate::disk::Extent;
use crate::disk::queue::Urgency;
use crate::disk::record::Kind;
use crate::disk::segments::Segment;
use crate::metrics::{CreationRefused, Tier};

/// How far the first lock cookie after an unclean stop jumps: further than locks can have been
/// granted to one session in the moments that were lost.
const COOKIE_JUMP: i32 = 1 << 16;

/// How far a command came.
#[derive(Debug)]
pub enum Execution {
    /// It is done and may be answered.
    Answered(Answer),
    /// It has to wait; [`Store::finish`] goes on.
    Waiting(Waiting),
}

/// What a command waits for.
#[derive(Debug)]
pub struct Waiting(pub(super) Reason);

#[derive(Debug)]
pub(super) enum Reason {
    /// Decided; may be answered once this version is durable.
    Durable(u64, Answer),
    /// The journal's queue is full; nothing was decided.
    Room,
    /// The body must be read from disk; nothing was decided.
    Load(Wanted),
    /// A new session cannot be taken; nothing was changed.
    Refused(CreationRefused),
}

/// A body on disk.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) place: Place,
    pub(super) extent: Extent,
    /// Holds the file, whatever happens to the segment meanwhile.
    pub(super) segment: Arc<Segment>,
}

/// A body read from disk, good as long as the session is still there.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) extent: Extent,
    /// Of the segment it was read from, whose number may belong to another by now.
    pub(super) sequence: u64,
    pub(super) content: Stored,
}

impl Store {
    /// Runs `command` on the session `key` as far as possible without waiting. `content` is key and
    /// body of a [`Command::Set`].
    ///
    /// # Panics
    /// If a set comes without content, which is the caller's mistake.
    pub fn execute(&self, key: &[u8], command: Command, content: Option<&Stored>) -> Execution {
        let mut loaded = None;
        loop {
            match self.attempt(key, command, content, loaded.as_ref()) {
                // Bytes that the operating system has in memory are read at once.
                Execution::Waiting(Waiting(Reason::Load(wanted))) => match self.load_if_cached(&wanted) {
                    Some(found) => loaded = Some(found),
                    None => return Execution::Waiting(Waiting(Reason::Load(wanted))),
                },
                other => return other,
            }
        }
    }

    pub(super) fn attempt(
        &self,
        key: &[u8],
        command: Command,
        content: Option<&Stored>,
        loaded: Option<&Loaded>,
    ) -> Execution {
        if self.journal.queue.is_full() && !matches!(command, Command::Get | Command::Touch) {
            return Execution::Waiting(Waiting(Reason::Room));
        }
        let now = self.now();
        let place = self.place(key);
        let mut shard = self.shard(place).lock();
        let slot = shard.get(place.slot());
        let mut decided = self.step(now, slot, command);
        let mut found = None;
        let mut tier = Tier::None;
        if let Some(slot) = slot.filter(|_| !decided.timed_out && needs_content(&decided)) {
            let Some((body, from)) = self.content(&shard, place, &slot, loaded) else {
                return self.to_load(place, &slot);
            };
            tier = from;
            if body.key() != key {
                // Another session of the same hash lives here, so this one does not exist.
                decided = self.step(now, None, command);
                if decided.effect != Effect::None {
                    return self.refuse(CreationRefused::Collision);
                }
                return Execution::Answered(Answer { outcome: decided.outcome, body: None, tier });
            }
            found = Some(body);
        }
        if slot.is_none_or(|_| decided.timed_out)
            && matches!(decided.effect, Effect::Put(_))
            && self.journal.spare.disk_is_full()
        {
            return self.refuse(CreationRefused::DiskFull);
        }
        let waits_for = self.file(&mut shard, now, place, slot, &decided, content);
        drop(shard);

        let carries_body = matches!(decided.outcome, Outcome::Found { .. } | Outcome::Acquired { .. });
        let answer = Answer { outcome: decided.outcome, body: found.filter(|_| carries_body), tier };
        match waits_for {
            Some(version) => {
                let answer = Answer { tier: Tier::Disk, ..answer };
                Execution::Waiting(Waiting(Reason::Durable(version, answer)))
            }
            None => Execution::Answered(answer),
        }
    }

    fn step(&self, now: Time, slot: Option<Slot>, command: Command) -> Step {
        let cookie_step = if slot.is_some_and(|slot| slot.recovered) { COOKIE_JUMP } else { 1 };
        let input = Input { now, cookie_step, lifetime_max: self.settings.lifetime_max };
        let entry = slot.map(|slot| slot.entry);
        let decided = step(input, entry, command);
        debug_assert_eq!(invariant::broken(input, entry, command, &decided), None);
        decided
    }

    /// The session's body without waiting: the hot tier, what was just read, or what waits for the disk.
    fn content(
        &self,
        shard: &Shard,
        place: Place,
        slot: &Slot,
        loaded: Option<&Loaded>,
    ) -> Option<(Stored, Tier)> {
        if let Some(body) = self.hot.get(place.hot()) {
            return Some((body, Tier::Memory));
        }
        if let Some(pending) = shard.pending(place.slot()) {
            return Some((pending.content.clone(), Tier::Pending));
        }
        let loaded = loaded.filter(|loaded| self.is_current(loaded, slot.extent))?;
        self.hot.insert(place.hot(), loaded.content.clone());
        Some((loaded.content.clone(), Tier::Disk))
    }

    /// Whether what was read is still what the slot points at.
    pub(super) fn is_current(&self, loaded: &Loaded, extent: Option<Extent>) -> bool {
        Some(loaded.extent) == extent
            && self
                .journal
                .segments
                .get(loaded.extent.location.segment)
                .is_some_and(|segment| segment.head.sequence == loaded.sequence)
    }

    fn to_load(&self, place: Place, slot: &Slot) -> Execution {
        let wanted = slot.extent.and_then(|extent| {
            let segment = self.journal.segments.get(extent.location.segment)?;
            Some(Wanted { place, extent, segment })
        });
        let wanted = wanted.expect("a slot points at a segment that exists, or its body is pending");
        Execution::Waiting(Waiting(Reason::Load(wanted)))
    }

    fn refuse(&self, reason: CreationRefused) -> Execution {
        self.metrics.creations_refused.inc(reason);
        Execution::Waiting(Waiting(Reason::Refused(reason)))
    }

    /// Files the effect, and returns the version that must be durable before the answer.
    fn file(
        &self,
        shard: &mut Shard,
        now: Time,
        place: Place,
        slot: Option<Slot>,
        decided: &Step,
        content: Option<&Stored>,
    ) -> Option<u64> {
        let live = slot.filter(|_| !decided.timed_out);
        if decided.timed_out {
            self.forget(shard, place);
            self.metrics.sessions_timed_out.inc();
        }
        let waits = self.settings.acknowledge == Acknowledge::Disk;
        let urgency = if waits { Urgency::Now } else { Urgency::Rides };
        match decided.effect {
            Effect::None => None,
            Effect::Touch(entry, change) => {
                let slot = live.expect("only a live session is touched");
                let coarse = coarse_millis(entry.timeout, self.settings.lifetime_max).max(1);
                let moved = slot.entry.deadline.as_millis() / coarse != entry.deadline.as_millis() / coarse;
                shard.touch(slot, entry);
                let push = |urgency| self.journal.queue.push(place.full, entry, Kind::Touch, None, urgency);
                if slot.recovered && matches!(decided.outcome, Outcome::Acquired { .. }) {
                    // The next crash must find this lock, or the same jump would grant the same cookie again.
                    return Some(push(Urgency::Now));
                }
                if change == Change::LockOrFlag || moved {
                    push(Urgency::Rides);
                }
                // Nobody may be told of what a crash could still take back: neither its content nor that
                // it is stored, which is the answer to an uninitialised write onto it.
                let tells = matches!(
                    decided.outcome,
                    Outcome::Found { .. } | Outcome::Acquired { .. } | Outcome::Stored
                );
                shard.pending(place.slot()).filter(|_| tells && waits).map(|pending| pending.version)
            }
            Effect::Put(entry) => {
                let content = content.expect("a set comes with its content");
                let version =
                    self.journal.queue.push(place.full, entry, Kind::Put, Some(content.clone()), urgency);
                self.hot.insert(place.hot(), content.clone());
                shard.put(place.slot(), entry, version, content.clone());
                if live.is_none() {
                    self.metrics.sessions.inc();
                }
                self.metrics.put_bytes.inc_by(content.body().len() as u64);
                waits.then_some(version)
            }
            Effect::Remove => {
                let entry = live.expect("only a live session is removed").entry;
                let version = self.journal.queue.push(place.full, entry, Kind::Remove, None, urgency);
                self.forget(shard, place);
                shard.bury(place.slot(), version, now);
                self.metrics.sessions_abandoned.inc();
                waits.then_some(version)
            }
        }
    }

    fn forget(&self, shard: &mut Shard, place: Place) {
        shard.drop_session(place.slot(), &self.journal.segments);
        self.hot.remove(place.hot());
    }
}

/// Whether the answer needs the body, or the effect must be sure that the slot is this key's. A
/// touch or a refusal by a lock is not worth a read: the hash is keyed, so nobody can aim at another
/// session's slot, and chance hits once in 10^17.
fn needs_content(decided: &Step) -> bool {
    !matches!(decided.outcome, Outcome::Touched | Outcome::Locked { .. } | Outcome::Absent)
}
