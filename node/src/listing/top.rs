//! The few of many that rank highest, in memory for those few.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The highest of what was offered, at most a given number.
#[derive(Debug)]
pub(crate) struct Top<T> {
    limit: usize,
    offered: u64,
    /// The lowest on top, to be pushed out first.
    kept: BinaryHeap<Reverse<(u64, T)>>,
}

impl<T: Ord> Top<T> {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, offered: 0, kept: BinaryHeap::with_capacity(limit + 1) }
    }

    pub(crate) fn offer(&mut self, rank: u64, item: T) {
        self.offered += 1;
        // Most of what is offered is no better than what is kept.
        if self.kept.len() == self.limit && self.kept.peek().is_none_or(|Reverse(lowest)| rank < lowest.0) {
            return;
        }
        self.kept.push(Reverse((rank, item)));
        if self.kept.len() > self.limit {
            self.kept.pop();
        }
    }

    /// How many were offered, and those that were kept, the highest first.
    pub(crate) fn finish(self) -> (u64, Vec<T>) {
        let kept = self.kept.into_sorted_vec();
        (self.offered, kept.into_iter().map(|Reverse((_, item))| item).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Top;

    proptest! {
        #[test]
        fn keeps_the_highest_in_order(
            ranks in proptest::collection::vec(0..50_u64, 0..200),
            limit in 0..20_usize,
        ) {
            let mut top = Top::new(limit);
            for (item, rank) in ranks.iter().enumerate() {
                top.offer(*rank, item);
            }
            let (offered, kept) = top.finish();
            let mut expected: Vec<_> = ranks.iter().copied().zip(0..).collect();
            expected.sort_unstable_by(|one, other| other.cmp(one));
            let expected: Vec<usize> = expected.into_iter().map(|(_, item)| item).take(limit).collect();
            prop_assert_eq!((offered, kept), (ranks.len() as u64, expected));
        }
    }
}
