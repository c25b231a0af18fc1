//! One command on one session, as far as it goes without waiting.

use std::sync::Arc;

use cloakroom_session::{Command, Effect, FIRST_COOKIE, Input, Outcome, Step, Time, invariant, step};

use super::shard::Shard;
use super::slot::Slot;
use super::{Answer, At, Place, Store, Stored};
use crate::disk::Extent;
use crate::disk::segments::Segment;
use crate::guard::{Guard, stands};
use crate::metrics::{CreationRefused, Tier};

/// How far the first lock cookie after an unclean stop or an adoption jumps: further than locks can have been
/// granted to one session in the moments that were lost.
pub(crate) const COOKIE_JUMP: i32 = 1 << 16;

/// How far a command came.
#[derive(Debug)]
pub enum Execution {
    /// It is done and may be answered.
    Answered(Answer),
    /// It has to wait; [`Store::finish`] goes on.
    Waiting(Waiting),
    /// The store is not at the caller's epoch, so the session may be another node's; nothing was decided.
    Moved,
    /// Nothing is known of the session here, not even that it was removed, and [`At::ask_first`]; nothing was decided.
    Missing,
}

/// One command, as it came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'a> {
    pub(super) at: At,
    pub(super) key: &'a [u8],
    pub(super) command: Command,
    /// Key and body of a [`Command::Set`].
    pub(super) content: Option<&'a Stored>,
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
    /// Ring epoch of the put that the record is.
    pub(super) epoch: u64,
    pub(super) content: Stored,
}

impl Store {
    /// Runs `command` on the session `key` as far as possible without waiting, if the store is at `at`.
    /// `content` is key and body of a [`Command::Set`].
    ///
    /// # Panics
    /// If a set comes without content, which is the caller's mistake.
    pub fn execute(&self, at: At, key: &[u8], command: Command, content: Option<&Stored>) -> Execution {
        let request = Request { at, key, command, content };
        let mut loaded = None;
        loop {
            match self.attempt(request, loaded.as_ref()) {
                // Bytes that the operating system has in memory are read at once.
                Execution::Waiting(Waiting(Reason::Load(wanted))) => match self.load_if_cached(&wanted) {
                    Some(found) => loaded = Some(found),
                    None => return Execution::Waiting(Waiting(Reason::Load(wanted))),
                },
                other => return other,
            }
        }
    }

    pub(super) fn attempt(&self, request: Request<'_>, loaded: Option<&Loaded>) -> Execution {
        let Request { at, key, command, .. } = request;
        if self.journal.queue.is_full() && !matches!(command, Command::Get | Command::Touch) {
            return Execution::Waiting(Waiting(Reason::Room));
        }
        let now = self.now();
        let place = self.place(key);
        let mut shard = self.shard(place).lock();
        // Under the lock, which `enter` passes after it has gone on.
        if self.epoch() != at.epoch && stands(Guard::Seal) {
            return Execution::Moved;
        }
        let slot = shard.get(place.slot());
        if at.ask_first && slot.is_none() && shard.tombstones.get(place.slot()).is_none() {
            return Execution::Missing;
        }
        let mut decided = self.step(now, at, slot, command);
        let mut found = None;
        let mut tier = Tier::None;
        if let Some(slot) = slot.filter(|_| !decided.timed_out && needs_content(&decided)) {
            let Some((body, from)) = self.content(&shard, place, &slot, loaded) else {
                return Execution::Waiting(Waiting(Reason::Load(self.wanted(place, &slot))));
            };
            tier = from;
            if body.key() != key {
                // Another session of the same hash lives here, so this one does not exist.
                decided = self.step(now, at, None, command);
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
        let waits_for = self.file(&mut shard, request, now, place, slot, &decided);
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

    fn step(&self, now: Time, at: At, slot: Option<Slot>, command: Command) -> Step {
        let recovered = slot.is_some_and(|slot| slot.recovered);
        let (cookie_step, first_cookie) = match stands(Guard::FreshCookies) {
            true => (if recovered { jump(at.epoch) } else { 1 }, at.first_cookie),
            false => (1, FIRST_COOKIE),
        };
        let input = Input { now, cookie_step, first_cookie, lifetime_max: self.settings.lifetime_max };
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
            return Some((pending.put.content.clone(), Tier::Pending));
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

    /// Where to read the body of a slot of which nothing is pending.
    pub(super) fn wanted(&self, place: Place, slot: &Slot) -> Wanted {
        let wanted = slot.extent.and_then(|extent| {
            let segment = self.journal.segments.get(extent.location.segment)?;
            Some(Wanted { place, extent, segment })
        });
        wanted.expect("a slot points at a segment that exists, or its body is pending")
    }

    fn refuse(&self, reason: CreationRefused) -> Execution {
        self.metrics.creations_refused.inc(reason);
        Execution::Waiting(Waiting(Reason::Refused(reason)))
    }
}

/// Two owners, one after the other, may begin with the same copy of a session, from the backing store: then each must
/// jump differently.
fn jump(epoch: u64) -> i32 {
    let epoch = i32::try_from(epoch % 1024).expect("less than 1024");
    COOKIE_JUMP * (1 + epoch)
}

/// Whether the answer needs the body, or the effect must be sure that the slot is this key's. A
/// touch or a refusal by a lock is not worth a read: the hash is keyed, so nobody can aim at another
/// session's slot, and chance hits once in 10^17.
fn needs_content(decided: &Step) -> bool {
    !matches!(decided.outcome, Outcome::Touched | Outcome::Locked { .. } | Outcome::Absent)
}
