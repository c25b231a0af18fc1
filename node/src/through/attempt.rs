//! One change on its way into the engine, by which name it is known there, and what can be told from what is found later.

use crate::backing::{Change, Mark, Swap};
use crate::store::{Row, Stored};

/// Bits of a version that are drawn; those above count the changes.
///
/// Two nodes that build on the same copy count the same, and an engine that failed over may have forgotten copies that
/// somebody remembers: the drawn part keeps two different contents from ever having the same mark.
const DRAWN_BITS: u32 = 24;

/// A change, as long as it has not been settled.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    /// Key and any body.
    pub(super) session: Stored,
    /// What it replaces.
    pub(super) expected: Option<Mark>,
    /// What it is from then on.
    pub(super) mark: Mark,
    /// By which the engine knows it again.
    pub(super) number: u64,
    /// What it stores.
    pub(super) change: Written,
}

/// [`Change`], owned.
#[derive(Clone, Debug)]
pub(super) enum Written {
    Whole(Row),
    WithoutBody(Row),
    Tombstone,
}

/// What became of an attempt whose answer was lost, as far as it can be told from what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trace {
    /// Something else was put in its place.
    Lost,
    /// What it replaces is there, under a later epoch: another data centre has claimed the session since, and the engine
    /// refuses this attempt for ever.
    Fenced,
    /// It is there, under a later epoch: another data centre has claimed the session since.
    There,
    /// What is there is later than this attempt, and may have been built on it.
    Unknown,
}

impl Attempt {
    pub(super) fn key(&self) -> &[u8] {
        self.session.key()
    }

    pub(super) fn swap(&self) -> Swap<'_> {
        let change = match &self.change {
            Written::Whole(row) => Change::Whole(row),
            Written::WithoutBody(row) => Change::WithoutBody(row),
            Written::Tombstone => Change::Tombstone,
        };
        Swap { expected: self.expected, mark: self.mark, attempt: self.number, change }
    }

    /// What `found`, read after the engine has said [`Changed`](crate::backing::Swapped::Changed), tells of this
    /// attempt.
    pub(super) fn trace(&self, found: Option<Mark>) -> Trace {
        match found {
            Some(found) if is_claimed(self.mark, found) => Trace::There,
            // Whoever built on it has counted on.
            Some(found) if count(found) > count(self.mark) => Trace::Unknown,
            Some(found) if self.expected.is_some_and(|base| is_claimed(base, found)) => Trace::Fenced,
            Some(_) | None => Trace::Lost,
        }
    }
}

/// The mark of a change at `epoch` of what has the mark `base`.
pub(super) fn next(base: Option<Mark>, epoch: u64, drawn: u64) -> Mark {
    let counted = base.map_or(0, count) + 1;
    let version = (counted << DRAWN_BITS) | (drawn % (1 << DRAWN_BITS));
    Mark { epoch: base.map_or(epoch, |base| base.epoch.max(epoch)), version: version.min(Mark::MAX) }
}

/// Whether what is found is what had the mark `mark`, under a later epoch.
fn is_claimed(mark: Mark, found: Mark) -> bool {
    found.version == mark.version && found.epoch > mark.epoch
}

fn count(mark: Mark) -> u64 {
    mark.version >> DRAWN_BITS
}

#[cfg(test)]
mod tests {
    //! Marks rise, differ, and tell what became of an attempt.

    use super::{Attempt, Mark, Trace, Written, next};
    use crate::store::Stored;

    #[test]
    fn a_mark_is_above_what_it_replaces_and_differs_from_others_that_replace_it() {
        for base in [
            None,
            Some(Mark { epoch: 0, version: 0 }),
            Some(Mark { epoch: 5, version: 7 }),
            Some(Mark { epoch: 5, version: (1 << 24) - 1 }),
            Some(Mark { epoch: 9, version: 1 << 40 }),
        ] {
            for epoch in [0, 5, 6] {
                let (low, high) = (next(base, epoch, 0), next(base, epoch, u64::MAX));
                assert!(Some(low) > base && low < high, "{base:?} {low} {high}");
                assert!(low.epoch >= epoch && high < next(Some(low), epoch, 0));
            }
        }
        let last = Mark { epoch: 1, version: Mark::MAX };
        assert_eq!(next(Some(last), 1, 0), last, "no engine can count further");
    }

    #[test]
    fn what_is_found_tells_what_became_of_an_attempt() {
        let base = next(None, 3, 11);
        let mark = next(Some(base), 3, 22);
        let attempt = Attempt {
            session: Stored::new(b"key", &[]),
            expected: Some(base),
            mark,
            number: 1,
            change: Written::Tombstone,
        };
        let rival = next(Some(base), 4, 33);
        for (found, trace) in [
            (None, Trace::Lost),
            (Some(base), Trace::Lost),
            (Some(rival), Trace::Lost),
            (Some(Mark { epoch: 4, ..base }), Trace::Fenced),
            (Some(mark), Trace::Lost),
            (Some(Mark { epoch: 4, ..mark }), Trace::There),
            (Some(next(Some(mark), 3, 0)), Trace::Unknown),
            (Some(next(Some(rival), 4, 0)), Trace::Unknown),
        ] {
            assert_eq!(attempt.trace(found), trace, "{found:?}");
        }
    }
}
