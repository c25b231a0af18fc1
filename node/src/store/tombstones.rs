//! What was removed lately, so that no older copy of it comes back from another node.

use cloakroom_session::Time;

use super::shard::ByHash;
use super::stored::Stored;

/// Bytes that the tombstones of one shard may take; 64 MiB in all, enough for about half a million removals.
const BYTES_MAX: usize = 64 * 1024;
/// Bytes of one beside its key.
const STONE_BYTES: usize = size_of::<Tombstone>() + size_of::<u64>();
/// How long a removed session may not come back from an older copy, in milliseconds.
const KEPT_MILLIS: u64 = 10 * 60 * 1000;

/// A session that was removed.
#[derive(Clone, Debug)]
pub(crate) struct Tombstone {
    /// Version of the removal.
    pub(crate) version: u64,
    /// Ring epoch of the removal.
    pub(crate) epoch: u64,
    pub(crate) since: Time,
    /// The key, with an empty body; `None` if an early format forgot it, and then nobody else can be told.
    pub(crate) key: Option<Stored>,
}

impl Tombstone {
    /// Whether an older copy may still turn up.
    pub(crate) fn matters(&self, now: Time) -> bool {
        now.millis_since(self.since) < KEPT_MILLIS
    }

    fn bytes(&self) -> usize {
        STONE_BYTES + self.key.as_ref().map_or(0, Stored::allocated_bytes)
    }
}

/// The tombstones of one shard. When they take too much, the oldest go early.
#[derive(Debug, Default)]
pub(crate) struct Tombstones {
    by_hash: ByHash<Tombstone>,
    bytes: usize,
}

impl Tombstones {
    pub(crate) fn len(&self) -> usize {
        self.by_hash.len()
    }

    /// Bytes that they take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn get(&self, hash: u64) -> Option<&Tombstone> {
        self.by_hash.get(&hash)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &Tombstone)> {
        self.by_hash.iter().map(|(hash, stone)| (*hash, stone))
    }

    /// Remembers that a session was removed.
    pub(crate) fn bury(&mut self, hash: u64, stone: Tombstone) {
        self.remove(hash);
        self.bytes += stone.bytes();
        self.by_hash.insert(hash, stone);
        while self.bytes > BYTES_MAX
            && let Some(oldest) =
                self.by_hash.iter().min_by_key(|(_, stone)| stone.since).map(|(hash, _)| *hash)
        {
            self.remove(oldest);
        }
    }

    pub(crate) fn remove(&mut self, hash: u64) {
        if let Some(stone) = self.by_hash.remove(&hash) {
            self.bytes -= stone.bytes();
        }
    }

    /// Forgets those that are not `wanted` any more.
    pub(crate) fn sweep(&mut self, wanted: impl Fn(u64, &Tombstone) -> bool) {
        let bytes = &mut self.bytes;
        self.by_hash.retain(|hash, stone| {
            let kept = wanted(*hash, stone);
            if !kept {
                *bytes -= stone.bytes();
            }
            kept
        });
    }
}

#[cfg(test)]
mod tests {
    use cloakroom_session::Time;

    use super::{BYTES_MAX, KEPT_MILLIS, Stored, Tombstone, Tombstones};

    fn stone(since: u64) -> Tombstone {
        let key = Some(Stored::new(&[7; 100], &[]));
        Tombstone { version: 1, epoch: 1, since: Time::from_millis(since), key }
    }

    #[test]
    fn when_there_are_too_many_the_oldest_go() {
        let mut stones = Tombstones::default();
        for since in 0..2_000 {
            stones.bury(since, stone(since));
            assert!(stones.bytes() <= BYTES_MAX);
        }
        let kept = stones.len() as u64;
        assert!((100..2_000).contains(&kept), "{kept} tombstones of 100 bytes fit");
        assert!((2_000 - kept..2_000).all(|hash| stones.get(hash).is_some()), "the newest stay");
    }

    #[test]
    fn what_is_gone_takes_no_room() {
        let mut stones = Tombstones::default();
        for (hash, since) in [(1, 0), (1, 5), (2, 5), (3, 6)] {
            stones.bury(hash, stone(since));
        }
        stones.remove(2);
        let now = Time::from_millis(KEPT_MILLIS + 5);
        stones.sweep(|_, stone| stone.matters(now));
        assert_eq!((stones.len(), stones.get(3).is_some()), (1, true));
        stones.remove(3);
        assert_eq!(stones.bytes(), 0);
    }
}
