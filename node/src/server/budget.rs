//! How many bytes of unfinished requests the node holds, all connections together.
//!
//! A connection takes its share as bytes arrive, never by what a head announces: announcing is free,
//! sending is not. When the budget is spent, connections stop reading until others finish. One of
//! them at a time may go on beyond the budget to its end, because otherwise bodies that all wait for
//! the last piece of each other's memory would wait forever.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

const KIB: usize = 1024;

/// Bytes taken at a time, so that a large body does not come back for every read.
const STEP: usize = 256 * KIB;

const NEVER_CLOSED: &str = "nobody closes the budget's semaphores";

/// The bytes that all connections together may hold.
#[derive(Debug)]
pub(super) struct Budget {
    kibibytes: Arc<Semaphore>,
    beyond: Arc<Semaphore>,
}

/// One connection's share of the budget; dropping it gives the share back.
#[derive(Debug, Default)]
pub(super) struct Loan {
    kibibytes: Option<OwnedSemaphorePermit>,
    beyond: Option<OwnedSemaphorePermit>,
}

impl Budget {
    pub(super) fn new(bytes: usize) -> Self {
        let kibibytes = (bytes / KIB).min(Semaphore::MAX_PERMITS);
        Self { kibibytes: Arc::new(Semaphore::new(kibibytes)), beyond: Arc::new(Semaphore::new(1)) }
    }

    /// Waits until `loan` covers `held` bytes and the next ones of a request of `whole` bytes.
    pub(super) async fn extend(&self, loan: &mut Loan, held: usize, whole: usize) {
        let wanted = whole.min(held.saturating_add(STEP)).saturating_sub(loan.bytes());
        let wanted = u32::try_from(wanted.div_ceil(KIB)).unwrap_or(u32::MAX);
        tokio::select! {
            biased;
            more = Arc::clone(&self.kibibytes).acquire_many_owned(wanted) => {
                let more = more.expect(NEVER_CLOSED);
                match &mut loan.kibibytes {
                    Some(permit) => permit.merge(more),
                    None => loan.kibibytes = Some(more),
                }
            }
            beyond = Arc::clone(&self.beyond).acquire_owned() => {
                loan.beyond = Some(beyond.expect(NEVER_CLOSED));
            }
        }
    }
}

impl Loan {
    /// Whether `bytes` may be held.
    pub(super) fn covers(&self, bytes: usize) -> bool {
        self.beyond.is_some() || bytes <= self.bytes()
    }

    fn bytes(&self) -> usize {
        self.kibibytes.as_ref().map_or(0, |permit| permit.num_permits() * KIB)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn one_goes_beyond_a_spent_budget_and_the_others_wait_for_it() {
        let budget = Budget::new(512 * KIB);
        let [mut first, mut second, mut third] = <[Loan; 3]>::default();
        budget.extend(&mut first, 0, 512 * KIB).now_or_never().expect("within the budget");
        budget.extend(&mut second, 0, 512 * KIB).now_or_never().expect("spends the budget");
        assert!(second.covers(256 * KIB));

        budget.extend(&mut second, 512 * KIB, 4096 * KIB).now_or_never().expect("the one beyond");
        assert!(second.covers(4096 * KIB));
        assert!(budget.extend(&mut third, 1, 512 * KIB).now_or_never().is_none());

        drop(second);
        budget.extend(&mut third, 1, 512 * KIB).now_or_never().expect("memory came back");
        assert!(third.covers(256 * KIB));
    }

    #[test]
    fn a_loan_covers_what_it_took_and_no_more() {
        let budget = Budget::new(4096 * KIB);
        let mut loan = Loan::default();
        assert!(!loan.covers(1));
        budget.extend(&mut loan, 10, 10_000).now_or_never().expect("within the budget");
        assert!(loan.covers(10_000));
        assert!(!loan.covers(20_000));
    }
}
