//! What this node stored or saw last of the sessions that it owns, so that it need not read before it swaps.
//!
//! It is no authority: whatever is built on it is compared by the engine. Only a read may be answered from it alone,
//! and only as long as nobody can have stood in for this node since it was learned.

use std::collections::hash_map::DefaultHasher;
use std::hash::BuildHasherDefault;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use quick_cache::sync::DefaultLifecycle;
use quick_cache::{OptionsBuilder, Weighter};

use super::base::Session;
use crate::backing::Mark;

/// What quick_cache itself spends on an entry.
const ENTRY_BYTES: u64 = 40;
/// Sessions of this size must find a shard that takes them.
const SHARD_BYTES: u64 = 32 << 20;
const SHARDS_MAX: u64 = 64;
/// Sessions are counted at this size to reserve the cache's own table.
const EXPECTED_BYTES: u64 = 4096;
/// Sessions that share what is forgotten of one of them.
const PARTS: u64 = 256;

/// What is remembered of a session.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) mark: Mark,
    pub(super) session: Session,
    /// When it was learned; `None` if somebody may have been standing in for this node then.
    pub(super) era: Option<Era>,
}

/// A time during which this node served a session, and nobody else as far as it knows. Never longer than a second:
/// somebody may have stood in for it that it can see well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Era {
    epoch: u64,
    forgotten: u64,
    second: u64,
}

#[derive(Clone, Debug)]
struct Bytes;

impl Weighter<u64, Known> for Bytes {
    fn weight(&self, _: &u64, known: &Known) -> u64 {
        (known.session.content.allocated_bytes() + size_of::<Known>()) as u64 + ENTRY_BYTES
    }
}

/// Sessions by place. The hasher is the same in every run.
type Sessions = quick_cache::sync::Cache<
    u64,
    Known,
    Bytes,
    BuildHasherDefault<DefaultHasher>,
    DefaultLifecycle<u64, Known>,
>;

#[derive(Debug)]
pub(super) struct Cache {
    sessions: Sessions,
    /// How often something was forgotten, by part.
    forgotten: Box<[AtomicU64]>,
}

impl Cache {
    /// A cache of `bytes`.
    pub(super) fn new(bytes: u64) -> Self {
        let shards = (bytes / SHARD_BYTES).clamp(1, SHARDS_MAX).next_power_of_two();
        let items = usize::try_from(bytes / EXPECTED_BYTES).unwrap_or(usize::MAX).max(64);
        let options = OptionsBuilder::new()
            .shards(usize::try_from(shards).expect("at most 64"))
            .estimated_items_capacity(items)
            .weight_capacity(bytes)
            .build()
            .expect("all options are set");
        let sessions = Sessions::with_options(
            options,
            Bytes,
            BuildHasherDefault::default(),
            DefaultLifecycle::default(),
        );
        Self { sessions, forgotten: (0..PARTS).map(|_| AtomicU64::new(0)).collect() }
    }

    /// The time that a request which begins now belongs to.
    pub(super) fn era(&self, place: u64, epoch: u64, now: Duration) -> Era {
        Era { epoch, forgotten: self.part(place).load(Ordering::Acquire), second: now.as_secs() }
    }

    /// What is known of the session `key`.
    pub(super) fn get(&self, place: u64, key: &[u8]) -> Option<Known> {
        self.sessions.get(&place).filter(|known| known.session.content.key() == key)
    }

    pub(super) fn insert(&self, place: u64, known: Known) {
        // quick_cache refuses what is heavier than 97 % of a shard, and would keep what it replaces.
        if Bytes.weight(&place, &known) > self.sessions.shard_capacity() * 97 / 100 {
            self.remove(place);
            return;
        }
        self.sessions.insert(place, known);
    }

    /// What is known of the session in this place, without the access that [`Cache::get`] is.
    pub(super) fn peek(&self, place: u64) -> Option<Known> {
        self.sessions.peek(&place)
    }

    /// All that is known, with the place of each; nothing is locked from one to the next.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, Known)> {
        self.sessions.iter()
    }

    pub(super) fn remove(&self, place: u64) {
        self.sessions.remove(&place);
    }

    /// Drops what is known of a session; what requests are still learning of it belongs to an earlier time.
    pub(super) fn forget(&self, place: u64) {
        self.part(place).fetch_add(1, Ordering::AcqRel);
        self.remove(place);
    }

    /// The same for all sessions.
    pub(super) fn forget_all(&self) {
        for part in &self.forgotten {
            part.fetch_add(1, Ordering::AcqRel);
        }
        self.sessions.clear();
    }

    /// Bytes held.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> u64 {
        self.sessions.weight()
    }

    fn part(&self, place: u64) -> &AtomicU64 {
        &self.forgotten[usize::try_from(place % PARTS).expect("less than the number of parts")]
    }
}

#[cfg(test)]
mod tests {
    //! Two sessions may have one place.

    use std::time::Duration;

    use cloakroom_session::{Entry, Time, Timeout};

    use super::{Cache, Known, Mark, Session};
    use crate::store::Stored;

    #[test]
    fn a_session_is_not_taken_for_another_one_in_its_place() {
        let cache = Cache::new(1 << 20);
        let session = |key: &[u8]| {
            let entry = Entry {
                timeout: Timeout::DEFAULT,
                uninitialised: false,
                cookie: 1,
                locked_since: None,
                deadline: Time::ZERO,
            };
            Session { content: Stored::new(key, b"body"), entry, written: Time::ZERO }
        };
        let era = cache.era(7, 1, Duration::ZERO);
        cache.insert(7, Known { mark: Mark::default(), session: session(b"one"), era: Some(era) });
        assert!(cache.get(7, b"one").is_some_and(|known| known.era == Some(era)));
        assert!(cache.get(7, b"two").is_none());
        cache.insert(7, Known { mark: Mark::default(), session: session(b"two"), era: None });
        assert!(cache.get(7, b"one").is_none());
    }
}
