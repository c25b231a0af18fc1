//! A shard as bytes, for the checkpoint, and back. `docs/storage.md` has the layout.

use cloakroom_session::Time;

use super::super::slot::{Packed, Slot};
use super::super::stored::Stored;
use super::super::table::Table;
use super::super::tombstones::Tombstone;
use super::Shard;
use crate::disk::Extent;

/// Everything in a copy is a multiple of this.
const WORD_BYTES: usize = 8;

impl Shard {
    /// Appends the shard as the disk will know it; with what the backing store does not have if there is one.
    pub(crate) fn copy(&self, backed: bool, out: &mut Vec<u8>) {
        let known = |packed: Packed| match packed.extent() {
            Some(_) => Some(self.unpack(packed)),
            None => self.pending.get(&packed.hash())?.previous,
        };
        let slots: Vec<Slot> = self.table.iter().filter_map(known).collect();
        let locked: Vec<_> =
            slots.iter().filter_map(|slot| Some((slot.hash, slot.entry.locked_since?))).collect();
        for count in [slots.len(), locked.len(), self.tombstones.len()] {
            word(out, count as u64);
        }
        for slot in &slots {
            Packed::pack(slot).0.iter().for_each(|bits| word(out, *bits));
        }
        for (hash, since) in locked {
            word(out, hash);
            word(out, since.as_millis());
        }
        for (hash, stone) in self.tombstones.iter() {
            for bits in [hash, stone.version, stone.since.as_millis()] {
                word(out, bits);
            }
        }
        // Behind all else: copies of a time before rings end here.
        for (_, stone) in self.tombstones.iter() {
            word(out, stone.epoch);
            let key = stone.key.as_ref().map(Stored::key);
            word(out, key.map_or(0, |key| key.len() as u64 + 1));
            out.extend_from_slice(key.unwrap_or_default());
            out.resize(out.len().next_multiple_of(WORD_BYTES), 0);
        }
        // And copies of a time without a backing store here.
        if backed {
            let unflushed: Vec<u64> = self.notes.unflushed().collect();
            word(out, unflushed.len() as u64 + 1);
            unflushed.into_iter().for_each(|hash| word(out, hash));
        }
    }

    /// The inverse of [`Shard::copy`]. Sessions for which `keep` says no are left out; those that a backing store, if
    /// there is one now, may not have are noted as of `now`.
    pub(crate) fn load(copy: &[u8], backed: bool, now: Time, mut keep: impl FnMut(Extent) -> bool) -> Self {
        let mut words = Words(copy);
        let (slots, locks, stones) = (words.next(), words.next(), words.next());
        let mut kept = Vec::with_capacity(usize::try_from(slots).unwrap_or_default());
        for _ in 0..slots {
            let packed = Packed([words.next(), words.next(), words.next()]);
            if packed.extent().is_some_and(&mut keep) {
                kept.push(packed);
            }
        }
        let mut shard = Self { table: Table::from_slots(kept.into_iter()), ..Self::default() };
        for _ in 0..locks {
            let (hash, since) = (words.next(), Time::from_millis(words.next()));
            if shard.table.get(hash).is_some() {
                shard.locks.insert(hash, since);
            }
        }
        let stones: Vec<_> = (0..stones).map(|_| (words.next(), words.next(), words.next())).collect();
        for (hash, version, since) in stones {
            let epoch = words.next();
            let key = words.next().checked_sub(1).map(|bytes| Stored::new(words.bytes(bytes), &[]));
            let since = Time::from_millis(since);
            shard.tombstones.bury(hash, Tombstone { version, epoch, since, key });
        }
        if backed {
            match words.next().checked_sub(1) {
                Some(unflushed) => {
                    let unflushed: Vec<u64> = (0..unflushed).map(|_| words.next()).collect();
                    shard.note_again(unflushed, now);
                }
                // There was none then: it knows nothing.
                None => shard.note_all(now),
            }
        }
        shard
    }
}

fn word(out: &mut Vec<u8>, bits: u64) {
    out.extend_from_slice(&bits.to_le_bytes());
}

/// What is left of a copy. Behind its end there are only zeros.
struct Words<'a>(&'a [u8]);

impl<'a> Words<'a> {
    fn next(&mut self) -> u64 {
        let Some((bits, rest)) = self.0.split_first_chunk::<WORD_BYTES>() else { return 0 };
        self.0 = rest;
        u64::from_le_bytes(*bits)
    }

    fn bytes(&mut self, count: u64) -> &'a [u8] {
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(self.0.len());
        let (bytes, _) = self.0.split_at(count);
        self.0 = &self.0[count.next_multiple_of(WORD_BYTES).min(self.0.len())..];
        bytes
    }
}

#[cfg(test)]
mod tests {
    use cloakroom_session::Time;

    use super::{Shard, Stored, Tombstone, word};

    fn shard(stones: impl IntoIterator<Item = (u64, Tombstone)>) -> Shard {
        let mut shard = Shard::default();
        stones.into_iter().for_each(|(hash, stone)| shard.tombstones.bury(hash, stone));
        shard
    }

    fn stone(epoch: u64, key: Option<&[u8]>) -> Tombstone {
        let key = key.map(|key| Stored::new(key, &[]));
        Tombstone { version: 7, epoch, since: Time::from_millis(1_000), key }
    }

    fn copy(shard: &Shard) -> Vec<u8> {
        let mut copy = Vec::new();
        shard.copy(false, &mut copy);
        copy
    }

    /// What a copy without sessions was before there were rings: no slots, no locks, tombstones of three words.
    fn early(hashes: &[u64]) -> Vec<u8> {
        let mut copy = Vec::new();
        [0, 0, hashes.len() as u64].into_iter().for_each(|count| word(&mut copy, count));
        for hash in hashes {
            [*hash, 7, 1_000].into_iter().for_each(|bits| word(&mut copy, bits));
        }
        copy
    }

    #[test]
    fn tombstones_come_back_with_epoch_and_key() {
        for key in [None, Some(&b""[..]), Some(b"exactly8"), Some(b"nine byte")] {
            let before = shard([(5, stone(3, key)), (6, stone(4, Some(b"other")))]);
            let after = Shard::load(&copy(&before), false, Time::ZERO, |_| true);
            let stones = |shard: &Shard| {
                let mut stones: Vec<_> =
                    shard.tombstones.iter().map(|(hash, stone)| (hash, format!("{stone:?}"))).collect();
                stones.sort();
                stones
            };
            assert_eq!(stones(&after), stones(&before));
        }
    }

    #[test]
    fn a_copy_of_before_rings_loads_and_a_new_one_begins_like_it() {
        let loaded = Shard::load(&early(&[5, 6]), false, Time::ZERO, |_| true);
        assert_eq!(loaded.tombstones.len(), 2);
        for (_, stone) in loaded.tombstones.iter() {
            let Tombstone { version, epoch, since, key } = stone;
            assert_eq!((*version, *epoch, since.as_millis(), key.is_none()), (7, 0, 1_000, true));
        }
        let new = copy(&shard([(5, stone(3, Some(b"key")))]));
        assert!(new.starts_with(&early(&[5])), "an earlier program reads it as one of its own");
    }
}
