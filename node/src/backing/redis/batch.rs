//! How much is asked at once.

use crate::backing::Flush;

/// More would keep a connection busy for so long that a single question behind it waits noticeably.
const BYTES: usize = 1 << 20;
/// Each is a question in flight.
const ITEMS: usize = 256;

/// `batch` in its order, in parts of at most [`ITEMS`] and about [`BYTES`]; a part has one item at least.
pub(super) fn cut(mut batch: &[Flush]) -> impl Iterator<Item = &[Flush]> {
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fit = batch.iter().take(ITEMS).take_while(|flush| {
            let fits = bytes < BYTES;
            bytes += flush.parcel.content().joined().len();
            fits
        });
        let (part, rest) = batch.split_at(fit.count());
        batch = rest;
        (!part.is_empty()).then_some(part)
    })
}

#[cfg(test)]
mod tests {
    //! Sizes in, sizes of the parts out.

    use std::time::Duration;

    use super::cut;
    use crate::backing::{Flush, Mark};
    use crate::store::{Parcel, Stored};

    #[track_caller]
    fn check(sizes: &[usize], parts: &[usize]) {
        let flush = |bytes: &usize| {
            let key = Stored::new(&vec![b'k'; *bytes], b"");
            Flush { mark: Mark::default(), parcel: Parcel::Tombstone { key, epoch: 0, age: Duration::ZERO } }
        };
        let batch: Vec<_> = sizes.iter().map(flush).collect();
        assert_eq!(cut(&batch).map(<[Flush]>::len).collect::<Vec<_>>(), parts);
    }

    #[test]
    fn a_part_is_bounded_and_never_empty() {
        check(&[], &[]);
        check(&[1, 1, 1], &[3]);
        check(&[1; 600], &[256, 256, 88]);
        // What goes over the bound is the last of its part.
        check(&[5 << 20, 1, 900_000, 200_000, 1], &[1, 3, 1]);
    }
}
