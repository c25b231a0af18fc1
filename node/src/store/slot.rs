//! One session in the index, in 24 bytes.
//!
//! Everything a command looks at fits beside the location, so a session out of memory costs one
//! slot, and demoting it writes nothing. Bit layout, high to low:
//!
//! | word | bits |
//! |---|---|
//! | 0 | hash 49, length code 9, uninitialised, locked, recovered, cookie bits 31..29 |
//! | 1 | deadline in ms 40, timeout in minutes 20, cookie bits 28..25 |
//! | 2 | segment number 18, offset in units 21, cookie bits 24..0 |
//!
//! The hash is the part that the shard does not already imply. When a lock was granted stands
//! beside the table, since few sessions are locked at a time.

use cloakroom_session::{Entry, Time, Timeout};

use crate::disk::{Extent, Location, SEGMENT_NUMBERS};

/// Bits of a key's hash that a slot keeps.
pub(crate) const HASH_BITS: u32 = 49;

const HASH_SHIFT: u32 = 15;
const LENGTH_SHIFT: u32 = 6;
const LENGTH_MASK: u64 = 0x1ff;
const UNINITIALISED: u64 = 1 << 5;
const LOCKED: u64 = 1 << 4;
const RECOVERED: u64 = 1 << 3;
const DEADLINE_SHIFT: u32 = 24;
const TIMEOUT_SHIFT: u32 = 4;
const TIMEOUT_MASK: u64 = 0xf_ffff;
const SEGMENT_SHIFT: u32 = 46;
const OFFSET_SHIFT: u32 = 25;
const OFFSET_MASK: u64 = 0x1f_ffff;
const DEADLINE_MAX: u64 = (1 << 40) - 1;
/// The one segment number that no segment bears: the body is not on disk yet.
const PENDING: u64 = SEGMENT_NUMBERS as u64;

/// A packed slot. All zero means empty: a live slot's deadline is never zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Packed(pub(crate) [u64; 3]);

/// What a packed slot says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    /// The low [`HASH_BITS`] of the key's hash.
    pub(crate) hash: u64,
    /// Where the body is on disk; `None` while its batch is not durable.
    pub(crate) extent: Option<Extent>,
    /// Lock and ages. `locked_since` is exact only together with the shard's own note.
    pub(crate) entry: Entry,
    /// Loaded after an unclean stop, or adopted from another node, and not locked since: the next lock
    /// cookie must jump.
    pub(crate) recovered: bool,
}

impl Packed {
    pub(crate) const EMPTY: Self = Self([0; 3]);

    pub(crate) const fn is_empty(self) -> bool {
        self.0[1] == 0
    }

    pub(crate) const fn hash(self) -> u64 {
        self.0[0] >> HASH_SHIFT
    }

    pub(crate) const fn deadline(self) -> Time {
        Time::from_millis(self.0[1] >> DEADLINE_SHIFT)
    }

    pub(crate) const fn is_locked(self) -> bool {
        self.0[0] & LOCKED != 0
    }

    /// Packs a slot; a deadline beyond 34 years of running is cut to that.
    pub(crate) fn pack(slot: &Slot) -> Self {
        let entry = &slot.entry;
        let cookie = u64::from(entry.cookie.cast_unsigned());
        let (segment, offset, length) = match slot.extent {
            Some(extent) => (
                u64::from(extent.location.segment),
                u64::from(extent.location.unit),
                u64::from(extent.length.code()),
            ),
            None => (PENDING, 0, 0),
        };
        let flags = if entry.uninitialised { UNINITIALISED } else { 0 }
            | if entry.locked_since.is_some() { LOCKED } else { 0 }
            | if slot.recovered { RECOVERED } else { 0 };
        let deadline = entry.deadline.as_millis().clamp(1, DEADLINE_MAX);
        Self([
            slot.hash << HASH_SHIFT | length << LENGTH_SHIFT | flags | cookie >> 29,
            deadline << DEADLINE_SHIFT
                | u64::from(entry.timeout.minutes()) << TIMEOUT_SHIFT
                | cookie >> 25 & 0xf,
            segment << SEGMENT_SHIFT | offset << OFFSET_SHIFT | cookie & 0x1ff_ffff,
        ])
    }

    /// Unpacks; `locked_since` is what the shard remembers beside a locked slot.
    pub(crate) fn unpack(self, locked_since: Time) -> Slot {
        let [first, second, third] = self.0;
        let cookie = (first & 0x7) << 29 | (second & 0xf) << 25 | third & 0x1ff_ffff;
        let minutes = low32(second >> TIMEOUT_SHIFT & TIMEOUT_MASK);
        Slot {
            hash: self.hash(),
            extent: self.extent(),
            entry: Entry {
                timeout: Timeout::from_minutes(minutes).unwrap_or(Timeout::MAX),
                uninitialised: first & UNINITIALISED != 0,
                cookie: low32(cookie).cast_signed(),
                locked_since: self.is_locked().then_some(locked_since),
                deadline: self.deadline(),
            },
            recovered: first & RECOVERED != 0,
        }
    }

    /// Where the body is on disk; `None` while its batch is not durable.
    pub(crate) fn extent(self) -> Option<Extent> {
        let third = self.0[2];
        let segment = third >> SEGMENT_SHIFT;
        (segment != PENDING).then(|| Extent {
            location: Location { segment: low32(segment), unit: low32(third >> OFFSET_SHIFT & OFFSET_MASK) },
            length: crate::disk::LengthCode::from_code(low32(self.0[0] >> LENGTH_SHIFT & LENGTH_MASK)),
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "every caller masked the value to fewer than 33 bits")]
const fn low32(bits: u64) -> u32 {
    bits as u32
}

#[cfg(test)]
mod tests {
    use cloakroom_session::{Entry, Time, Timeout};
    use proptest::prelude::*;

    use super::{DEADLINE_MAX, HASH_BITS, Packed, Slot};
    use crate::disk::{Extent, LengthCode, Location, SEGMENT_NUMBERS};

    prop_compose! {
        fn any_slot()(
            hash in 0..1u64 << HASH_BITS,
            extent in proptest::option::of((0..SEGMENT_NUMBERS, 0u32..1 << 21, 0u32..512)),
            minutes in 0..=525_600u32,
            uninitialised: bool,
            cookie in -1..=i32::MAX,
            locked in proptest::option::of(0..DEADLINE_MAX),
            deadline in 1..=DEADLINE_MAX,
            recovered: bool,
        ) -> Slot {
            Slot {
                hash,
                extent: extent.map(|(segment, unit, code)| Extent {
                    location: Location { segment, unit },
                    length: LengthCode::from_code(code),
                }),
                entry: Entry {
                    timeout: Timeout::from_minutes(minutes).unwrap(),
                    uninitialised,
                    cookie,
                    locked_since: locked.map(Time::from_millis),
                    deadline: Time::from_millis(deadline),
                },
                recovered,
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_again(slot in any_slot()) {
            let packed = Packed::pack(&slot);
            prop_assert!(!packed.is_empty());
            prop_assert_eq!(packed.unpack(slot.entry.locked_since.unwrap_or_default()), slot);
        }
    }
}
