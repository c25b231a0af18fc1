//! The keys that seal location cookies, and how they follow each other.
//!
//! The newest key whose time has come seals; every key that has not ended opens. So a new key is known to all who
//! open cookies before the first cookie under it exists, and those under the former one stay good for a while.
//!
//! Times are in seconds since 1970, as clocks of several machines have them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// As many keys as a ring has at most. More would mean that keys are made and none ends.
pub const KEYS_MAX: usize = 16;

/// Keys of location cookies, oldest first. Made by [`KeyRing::generate`] or checked by [`KeyRing::from_json`], and in no
/// other way; shows its secrets in [`KeyRing::to_json`] alone.
#[derive(Clone, Debug)]
pub struct KeyRing {
    /// 1 to [`KEYS_MAX`], ids and `seal_from` ascending, the last one without an end.
    pub(crate) keys: Vec<Key>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Key {
    pub(crate) id: u32,
    pub(crate) secret: Secret,
    pub(crate) seal_from: u64,
    #[serde(default)]
    pub(crate) open_until: Option<u64>,
}

/// How a new key takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// When it begins to seal: long enough for everybody who opens cookies to have heard of it.
    pub seal_after: Duration,
    /// How long the former keys go on opening, from then on.
    pub keep: Duration,
}

impl KeyRing {
    /// A ring of one key, which seals from `now` on. `secret` has to be drawn from a source that nobody can foresee.
    #[must_use]
    pub fn generate(now: u64, secret: [u8; 32]) -> Self {
        Self { keys: vec![Key { id: 1, secret: Secret::new(secret), seal_from: now, open_until: None }] }
    }

    /// This ring with one key more, and without those that have ended. `secret` as for [`KeyRing::generate`].
    #[must_use]
    pub fn rotated(&self, now: u64, secret: [u8; 32], plan: Plan) -> Self {
        let newest = self.newest();
        // Rotated twice within `seal_after`, also by a clock that went back: the order of ids is that of times.
        let seal_from = now.saturating_add(plan.seal_after.as_secs()).max(newest.seal_from);
        let end = seal_from.saturating_add(plan.keep.as_secs());
        // After four billion rotations there is no later id, and cookies begin anew.
        let Some(id) = newest.id.checked_add(1) else { return Self::generate(now, secret) };
        let open = self.keys.iter().filter(|key| key.opens(now));
        let mut keys: Vec<_> =
            open.map(|key| Key { open_until: key.open_until.or(Some(end)), ..key.clone() }).collect();
        keys.push(Key { id, secret: Secret::new(secret), seal_from, open_until: None });
        keys.drain(..keys.len().saturating_sub(KEYS_MAX));
        Self { keys }
    }

    /// Whether a key that seals for `every` long is to be followed by another.
    #[must_use]
    pub fn due(&self, now: u64, every: Duration) -> bool {
        now.saturating_sub(self.newest_seals_from()) >= every.as_secs()
    }

    /// The id of the newest key.
    #[must_use]
    pub fn newest_id(&self) -> u32 {
        self.newest().id
    }

    /// When the newest key begins to seal.
    #[must_use]
    pub fn newest_seals_from(&self) -> u64 {
        self.newest().seal_from
    }

    fn newest(&self) -> &Key {
        self.keys.last().expect("a ring has a key")
    }

    /// The key that seals now. Where a clock is behind that of whoever made the first key, that one.
    pub(crate) fn sealing(&self, now: u64) -> &Key {
        let begun = self.keys.iter().rfind(|key| key.seal_from <= now);
        begun.unwrap_or(&self.keys[0])
    }

    /// The key `id`, unless it has ended.
    pub(crate) fn opening(&self, now: u64, id: u32) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == id && key.opens(now))
    }
}

impl Key {
    fn opens(&self, now: u64) -> bool {
        self.open_until.is_none_or(|end| now <= end)
    }
}
