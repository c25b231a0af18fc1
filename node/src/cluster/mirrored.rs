//! Keeps a copy on this node's disk of what is written through, for the time in which the backing store is gone.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::backing::{BackingStore, Change, Fault, Flush, Kept, Mark, Stored, Swap, Swapped, Value};
use crate::store::{self, Parcel, Store};

/// A backing store of which this node keeps what it has seen.
#[derive(Debug)]
pub(super) struct Mirrored {
    pub(super) inner: Arc<dyn BackingStore>,
    pub(super) store: Arc<Store>,
}

impl Mirrored {
    fn bury(&self, key: &[u8], mark: Mark) {
        let key = store::Stored::new(key, &[]);
        self.store.mirror(&Parcel::Tombstone { key, epoch: mark.epoch, age: Duration::ZERO }, mark);
    }
}

impl BackingStore for Mirrored {
    fn engine(&self) -> &'static str {
        self.inner.engine()
    }

    fn claim<'a>(&'a self, key: &'a [u8], epoch: u64) -> BoxFuture<'a, Result<Option<Kept>, Fault>> {
        Box::pin(async move {
            let claimed = self.inner.claim(key, epoch).await;
            match &claimed {
                Ok(Some(Kept { mark, value: Value::Row(row), .. })) => {
                    self.store.mirror(&Parcel::Row(row.clone()), *mark);
                }
                Ok(Some(Kept { mark, value: Value::Tombstone, .. })) => self.bury(key, *mark),
                Ok(None) | Err(_) => {}
            }
            claimed
        })
    }

    fn cas<'a>(&'a self, key: &'a [u8], swap: Swap<'a>) -> BoxFuture<'a, Result<Swapped, Fault>> {
        Box::pin(async move {
            let swapped = self.inner.cas(key, swap).await;
            if swapped == Ok(Swapped::Done) {
                match swap.change {
                    Change::Whole(row) | Change::WithoutBody(row) => {
                        self.store.mirror(&Parcel::Row(row.clone()), swap.mark);
                    }
                    Change::Tombstone => self.bury(key, swap.mark),
                }
            }
            swapped
        })
    }

    fn store<'a>(&'a self, batch: &'a [Flush]) -> BoxFuture<'a, Vec<Result<Stored, Fault>>> {
        self.inner.store(batch)
    }

    fn remove<'a>(&'a self, key: &'a [u8], mark: Mark) -> BoxFuture<'a, Result<Stored, Fault>> {
        self.inner.remove(key, mark)
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), Fault>> {
        self.inner.probe()
    }

    fn sweep(&self) -> BoxFuture<'_, Result<u64, Fault>> {
        self.inner.sweep()
    }
}
