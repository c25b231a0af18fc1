//! The home of a session in the epoch under which it is stored.
//!
//! A backing store refuses whatever bears a lower epoch than what it has. So the swing counter is the
//! epoch's highest part: once a session has swung, everything that its former home built before is
//! refused, whatever ring that home has by then. Within a home the ring's epoch counts, as it does
//! where there is one data centre only: its fences are plain ring epochs.
//!
//! ```text
//! bit 62           47 46          40 39                       0
//!     swing counter   data centre    epoch of its ring
//! ```
//!
//! The layout is frozen: it is in the engines of people who run several releases at once.

use crate::home::{DataCentre, Home};

const RING_BITS: u32 = 40;
const NUMBER_BITS: u32 = 7;

/// The highest epoch of a ring that a fence can tell from the next.
pub const RING_EPOCH_MAX: u64 = (1 << RING_BITS) - 1;

/// The epoch under which a session of that home is stored. `None`: there are no data centres, and the ring's epoch is all.
///
/// # Panics
/// If a home is given and `ring_epoch` is above [`RING_EPOCH_MAX`]: whoever adopts rings must have refused it.
#[must_use]
pub fn epoch(home: Option<Home>, ring_epoch: u64) -> u64 {
    let Some(Home { data_centre, swing }) = home else { return ring_epoch };
    assert!(ring_epoch <= RING_EPOCH_MAX, "ring epoch {ring_epoch} does not fit below a home");
    let high = u64::from(swing) << NUMBER_BITS | u64::from(data_centre.number());
    high << RING_BITS | ring_epoch
}

/// The home of a session that is stored under `epoch`; `None` if whoever stored it knew of no data centres.
#[must_use]
pub fn home(epoch: u64) -> Option<Home> {
    let high = epoch >> RING_BITS;
    let number = u8::try_from(high % (1 << NUMBER_BITS)).expect("seven bits");
    let swing = u16::try_from(high >> NUMBER_BITS).unwrap_or(u16::MAX);
    DataCentre::new(number).map(|data_centre| Home { data_centre, swing })
}

/// The epoch of the ring under which it was stored.
#[must_use]
pub fn ring_epoch(epoch: u64) -> u64 {
    if home(epoch).is_some() { epoch & RING_EPOCH_MAX } else { epoch }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{RING_EPOCH_MAX, epoch, home, ring_epoch};
    use crate::home::{DataCentre, Home};

    fn at(number: u8, swing: u16) -> Option<Home> {
        DataCentre::new(number).map(|data_centre| Home { data_centre, swing })
    }

    #[test]
    fn the_layout_is_frozen() {
        for (home, ring, fence) in [
            (None, 7, 7),
            (at(1, 0), 7, 0x0000_0100_0000_0007),
            (at(2, 1), 7, 0x0000_8200_0000_0007),
            (at(127, 0), RING_EPOCH_MAX, 0x0000_7fff_ffff_ffff),
            (at(1, u16::MAX), 0, 0x7fff_8100_0000_0000),
            (at(127, u16::MAX), RING_EPOCH_MAX, i64::MAX.unsigned_abs()),
        ] {
            assert_eq!(epoch(home, ring), fence, "{home:?} {ring}");
        }
    }

    proptest! {
        #[test]
        fn what_was_put_in_comes_out(number in 1_u8..=127, swing: u16, ring in 0..=RING_EPOCH_MAX) {
            let fence = epoch(at(number, swing), ring);
            prop_assert_eq!(home(fence), at(number, swing));
            prop_assert_eq!(ring_epoch(fence), ring);
        }

        #[test]
        fn a_later_swing_is_above_every_ring_of_the_home_before(
            from in 1_u8..=127, to in 1_u8..=127, swing in 0..u16::MAX,
            before in 0..=RING_EPOCH_MAX, after in 0..=RING_EPOCH_MAX,
        ) {
            let home = at(from, swing).unwrap();
            let moved = home.moved_to(DataCentre::new(to).unwrap());
            prop_assert!(epoch(Some(home), before) < epoch(moved, after));
        }

        #[test]
        fn a_home_is_above_rings_of_clusters_without_one(number in 1_u8..=127, ring in 0..=RING_EPOCH_MAX) {
            prop_assert!(epoch(None, ring) < epoch(at(number, 0), 0));
            prop_assert_eq!(home(ring), None);
            prop_assert_eq!(ring_epoch(ring), ring);
        }
    }
}
