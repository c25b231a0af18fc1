//! Open addressing over packed slots, ordered by hash (Robin Hood hashing, Celis 1986).
//!
//! A slot's home is its hash scaled to the capacity, so any capacity works and growing by an eighth
//! is one ordered pass: the table stays between 78 % and 88 % full instead of wasting half of itself
//! after a doubling. Displacement is bounded by the order, which also ends a search for what is not
//! there early.

use super::slot::{HASH_BITS, Packed};

const SMALLEST: usize = 16;

/// The slots of one shard.
#[derive(Debug, Default)]
pub(crate) struct Table {
    slots: Vec<Packed>,
    len: usize,
}

impl Table {
    /// A table filled from slots in any order.
    pub(crate) fn from_slots(slots: impl ExactSizeIterator<Item = Packed>) -> Self {
        let mut table = Self { slots: vec![Packed::EMPTY; capacity_for(slots.len())], len: 0 };
        for slot in slots {
            table.upsert(slot);
        }
        table
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Bytes that the slots occupy.
    pub(crate) fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Packed>()
    }

    pub(crate) fn get(&self, hash: u64) -> Option<Packed> {
        self.position(hash).map(|at| self.slots[at])
    }

    /// Replaces the slot of the same hash and returns it, or adds this one.
    pub(crate) fn upsert(&mut self, slot: Packed) -> Option<Packed> {
        if let Some(at) = self.position(slot.hash()) {
            return Some(std::mem::replace(&mut self.slots[at], slot));
        }
        if self.len + 1 > self.slots.len() * 7 / 8 {
            self.resize(capacity_for(self.len + 1).max(self.slots.len() + self.slots.len() / 8));
        }
        self.insert_new(slot);
        self.len += 1;
        None
    }

    /// Takes the slot of this hash out.
    pub(crate) fn remove(&mut self, hash: u64) -> Option<Packed> {
        let mut at = self.position(hash)?;
        let removed = self.slots[at];
        // Close the gap, so that no tombstones gather and searches stay short.
        loop {
            let next = self.after(at);
            if self.slots[next].is_empty() || self.displacement(next) == 0 {
                break;
            }
            self.slots[at] = self.slots[next];
            at = next;
        }
        self.slots[at] = Packed::EMPTY;
        self.len -= 1;
        if self.slots.len() > 4 * SMALLEST && self.len < self.slots.len() / 2 {
            self.resize(capacity_for(self.len));
        }
        Some(removed)
    }

    /// Every slot, in hash order but for a few that wrapped round.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Packed> {
        self.slots.iter().copied().filter(|slot| !slot.is_empty())
    }

    /// Changes every slot in place; `change` leaves the hash as it is.
    pub(crate) fn update_all(&mut self, mut change: impl FnMut(Packed) -> Packed) {
        for slot in self.slots.iter_mut().filter(|slot| !slot.is_empty()) {
            let changed = change(*slot);
            debug_assert_eq!(changed.hash(), slot.hash());
            *slot = changed;
        }
    }

    fn position(&self, hash: u64) -> Option<usize> {
        if self.len == 0 {
            return None;
        }
        let mut at = self.home(hash);
        let mut travelled = 0;
        loop {
            let slot = self.slots[at];
            if slot.is_empty() || self.displacement(at) < travelled {
                return None;
            }
            if slot.hash() == hash {
                return Some(at);
            }
            at = self.after(at);
            travelled += 1;
        }
    }

    fn insert_new(&mut self, mut slot: Packed) {
        let mut at = self.home(slot.hash());
        let mut travelled = 0;
        while !self.slots[at].is_empty() {
            let resident = self.displacement(at);
            if resident < travelled {
                std::mem::swap(&mut slot, &mut self.slots[at]);
                travelled = resident;
            }
            at = self.after(at);
            travelled += 1;
        }
        self.slots[at] = slot;
    }

    fn resize(&mut self, capacity: usize) {
        let old = std::mem::replace(&mut self.slots, vec![Packed::EMPTY; capacity]);
        for slot in old.into_iter().filter(|slot| !slot.is_empty()) {
            self.insert_new(slot);
        }
    }

    fn home(&self, hash: u64) -> usize {
        let product = u128::from(hash) * self.slots.len() as u128;
        usize::try_from(product >> HASH_BITS).expect("scaled below the capacity")
    }

    fn after(&self, at: usize) -> usize {
        if at + 1 == self.slots.len() { 0 } else { at + 1 }
    }

    fn displacement(&self, at: usize) -> usize {
        let home = self.home(self.slots[at].hash());
        if at >= home { at - home } else { at + self.slots.len() - home }
    }
}

fn capacity_for(len: usize) -> usize {
    (len * 5 / 4).max(SMALLEST)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::{HASH_BITS, Packed, Table};

    fn packed(hash: u64, content: u64) -> Packed {
        Packed([hash << 15, content << 24 | 1, 0])
    }

    proptest! {
        /// Hashes crowd at both ends, so runs collide, wrap round and are torn open by removals.
        #[test]
        fn behaves_as_a_map(
            steps in proptest::collection::vec((0u8..3, 0u64..64, prop::bool::ANY, 1u64..1000), 1..600)
        ) {
            let mut table = Table::default();
            let mut model = BTreeMap::new();
            for (action, low, high, content) in steps {
                let hash = if high { (1 << HASH_BITS) - 1 - low } else { low << 40 };
                match action {
                    0 | 1 => {
                        table.upsert(packed(hash, content));
                        model.insert(hash, packed(hash, content));
                    }
                    _ => prop_assert_eq!(table.remove(hash), model.remove(&hash)),
                }
                prop_assert_eq!(table.len(), model.len());
                for (hash, slot) in &model {
                    prop_assert_eq!(table.get(*hash), Some(*slot));
                }
                prop_assert_eq!(table.iter().count(), model.len());
            }
            let again = Table::from_slots(model.values().copied().collect::<Vec<_>>().into_iter());
            prop_assert!(model.iter().all(|(hash, slot)| again.get(*hash) == Some(*slot)));
        }
    }

    #[test]
    fn stays_close_to_its_24_bytes_a_session() {
        let mut table = Table::default();
        for n in 0..10_000u64 {
            table.upsert(packed(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - HASH_BITS), n));
            assert!(n < 1000 || table.bytes() / table.len() <= 34, "{} bytes at {n}", table.bytes());
        }
    }
}
