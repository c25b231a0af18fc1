//! Many sessions in few statements.

use std::ops::Range;

use crate::backing::Flush;

/// Sessions in one statement.
const ITEMS: usize = 256;
/// Bytes of keys and bodies in one statement, if it is more than one session.
const BYTES: usize = 1 << 20;

/// One statement's share, as columns. The arrays are of one length.
#[derive(Debug, Default)]
pub(super) struct Batch<'a> {
    /// Where each item is in what the caller gave.
    pub places: Vec<usize>,
    pub keys: Vec<&'a [u8]>,
    pub epochs: Vec<i64>,
    pub versions: Vec<i64>,
    pub timeouts: Vec<i32>,
    pub uninitialised: Vec<bool>,
    pub cookies: Vec<i32>,
    pub lock_ages: Vec<Option<i64>>,
    pub remaining: Vec<i64>,
    pub bodies: Vec<Option<&'a [u8]>>,
}

impl<'a> Batch<'a> {
    /// All of `flushes`, cut. Keys ascend through all batches, which is the order in which rows are locked.
    pub(super) fn cut(flushes: &'a [Flush]) -> Vec<Self> {
        let mut order: Vec<usize> = (0..flushes.len()).collect();
        order.sort_unstable_by_key(|&place| flushes[place].parcel.key());
        let sizes: Vec<usize> =
            order.iter().map(|&place| flushes[place].parcel.content().joined().len()).collect();
        cuts(&sizes).into_iter().map(|range| Self::of(flushes, &order[range])).collect()
    }

    fn of(flushes: &'a [Flush], places: &[usize]) -> Self {
        let mut batch = Self { places: places.to_vec(), ..Self::default() };
        for &place in places {
            let Flush { mark, parcel } = &flushes[place];
            let columns = super::columns::Columns::of_parcel(parcel);
            batch.keys.push(parcel.key());
            batch.epochs.push(mark.epoch.cast_signed());
            batch.versions.push(mark.version.cast_signed());
            batch.timeouts.push(columns.timeout);
            batch.uninitialised.push(columns.uninitialised);
            batch.cookies.push(columns.cookie);
            batch.lock_ages.push(columns.lock_age);
            batch.remaining.push(columns.remaining);
            batch.bodies.push(columns.body);
        }
        batch
    }
}

/// Where to cut items of these sizes: each part is within both bounds or a single item.
fn cuts(sizes: &[usize]) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (place, &size) in sizes.iter().enumerate() {
        if place > start && (place - start == ITEMS || bytes + size > BYTES) {
            parts.push(start..place);
            (start, bytes) = (place, 0);
        }
        bytes += size;
    }
    if start < sizes.len() {
        parts.push(start..sizes.len());
    }
    parts
}

#[cfg(test)]
#[expect(clippy::single_range_in_vec_init, reason = "one statement, of these items")]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_bounded_in_items_and_bytes() {
        for (sizes, expected) in [
            (vec![], vec![]),
            (vec![10; 3], vec![0..3]),
            (vec![0; ITEMS], vec![0..ITEMS]),
            (vec![0; ITEMS + 1], vec![0..ITEMS, ITEMS..ITEMS + 1]),
            (vec![BYTES / 2; 5], vec![0..2, 2..4, 4..5]),
            (vec![1, 2 * BYTES, 1], vec![0..1, 1..2, 2..3]),
        ] {
            assert_eq!(cuts(&sizes), expected);
        }
    }
}
