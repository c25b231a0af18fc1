//! A backing store in memory, for tests and simulation: everything that [`BackingStore`] promises, by a clock that is
//! handed in, and no fault of its own.
//!
//! It lives beside the real ones so that everything that puts a node in front of an engine puts it in front of the
//! same one. Whoever wants it slow, gone or silent wraps it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _, ready};
use parking_lot::Mutex;

use super::{
    BackingStore, Change, Fault, FaultKind, Flush, Kept, Mark, Stored, Swap, Swapped, TOMBSTONE_KEPT, Value,
    tombstone_left,
};
use crate::clock::Clock;
use crate::store::{Backed, Parcel, Row};

/// Items that one sweep drops.
const SWEEP_ITEMS: usize = 1000;

/// The engine was there this long before its clock was made: locks and tombstones may be older than that.
const OLDER: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// The engine.
#[derive(Debug)]
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    items: Mutex<BTreeMap<Vec<u8>, Item>>,
}

/// All that an engine held at one moment.
#[derive(Clone, Debug, Default)]
pub struct Image(BTreeMap<Vec<u8>, Item>);

#[derive(Clone, Debug)]
struct Item {
    mark: Mark,
    /// The swap that stored it, until something else does.
    attempt: Option<u64>,
    what: What,
    /// Gone when the time is later.
    expires: Duration,
}

#[derive(Clone, Debug)]
enum What {
    /// The moment of the lock stands here; the age and the remaining time in the row mean nothing.
    Session {
        row: Row,
        locked_at: Option<Duration>,
    },
    Tombstone,
}

impl MemoryStore {
    /// An engine that holds nothing.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, items: Mutex::default() }
    }

    /// Sessions and tombstones that have not expired.
    #[must_use]
    pub fn items(&self) -> usize {
        let now = self.now();
        self.items.lock().values().filter(|item| item.expires >= now).count()
    }

    /// What is stored under `key`, without a trace.
    #[must_use]
    pub fn peek(&self, key: &[u8]) -> Option<Kept> {
        let now = self.now();
        let items = self.items.lock();
        items.get(key).filter(|item| item.expires >= now).map(|item| item.kept(item.mark.epoch, now))
    }

    /// The keys of all sessions and tombstones that have not expired, in their order.
    #[must_use]
    pub fn keys(&self) -> Vec<Vec<u8>> {
        let now = self.now();
        let items = self.items.lock();
        items.iter().filter(|(_, item)| item.expires >= now).map(|(key, _)| key.clone()).collect()
    }

    /// What it holds, to go back to: an engine that fails over to a replica forgets what that has not got yet.
    #[must_use]
    pub fn image(&self) -> Image {
        Image(self.items.lock().clone())
    }

    /// Holds what it held then.
    pub fn go_back(&self, image: Image) {
        *self.items.lock() = image.0;
    }

    fn now(&self) -> Duration {
        OLDER + self.clock.elapsed()
    }

    fn claim_now(&self, key: &[u8], epoch: u64) -> Option<Kept> {
        let now = self.now();
        let mut items = self.items.lock();
        let item = live(&mut items, key, now)?;
        let stored = item.mark.epoch;
        item.mark.epoch = stored.max(epoch);
        Some(item.kept(stored, now))
    }

    fn cas_now(&self, key: &[u8], swap: Swap<'_>) -> Result<Swapped, Fault> {
        let now = self.now();
        let mut items = self.items.lock();
        let found = live(&mut items, key, now);
        if found.as_ref().is_some_and(|item| item.mark == swap.mark && item.attempt == Some(swap.attempt)) {
            return Ok(Swapped::Done);
        }
        if found.as_ref().map(|item| item.mark) != swap.expected {
            return Ok(Swapped::Changed);
        }
        let (what, expires) = match swap.change {
            Change::Whole(row) => (What::session(row.clone(), now), now + row.remaining),
            Change::WithoutBody(row) => {
                let Some(Item { what: What::Session { row: old, .. }, .. }) = found else {
                    return Err(Fault::new(FaultKind::Refused, "there is no body to keep"));
                };
                let row = Row { content: old.content.clone(), ..row.clone() };
                let expires = now + row.remaining;
                (What::session(row, now), expires)
            }
            Change::Tombstone => (What::Tombstone, now + TOMBSTONE_KEPT),
        };
        let item = Item { mark: swap.mark, attempt: Some(swap.attempt), what, expires };
        items.insert(key.to_vec(), item);
        Ok(Swapped::Done)
    }

    fn store_now(&self, key: &[u8], mark: Mark, parcel: &Parcel) -> Stored {
        let now = self.now();
        let mut items = self.items.lock();
        match live(&mut items, key, now) {
            Some(item) if item.mark == mark => return Stored::Stored,
            Some(item) if item.mark > mark => return Stored::Refused(item.mark),
            Some(_) | None => {}
        }
        let (what, expires) = match parcel {
            Parcel::Row(row) => (What::session(row.clone(), now), now + row.remaining),
            Parcel::Tombstone { age, .. } => (What::Tombstone, now + tombstone_left(*age)),
        };
        items.insert(key.to_vec(), Item { mark, attempt: None, what, expires });
        Stored::Stored
    }

    fn sweep_now(&self) -> u64 {
        let now = self.now();
        let mut items = self.items.lock();
        let expired = items.iter().filter(|(_, item)| item.expires < now).map(|(key, _)| key.clone());
        let expired: Vec<_> = expired.take(SWEEP_ITEMS).collect();
        for key in &expired {
            items.remove(key);
        }
        expired.len() as u64
    }
}

impl BackingStore for MemoryStore {
    fn engine(&self) -> &'static str {
        "memory"
    }

    fn claim<'a>(&'a self, key: &'a [u8], epoch: u64) -> BoxFuture<'a, Result<Option<Kept>, Fault>> {
        async move { Ok(self.claim_now(key, epoch)) }.boxed()
    }

    fn cas<'a>(&'a self, key: &'a [u8], swap: Swap<'a>) -> BoxFuture<'a, Result<Swapped, Fault>> {
        async move { self.cas_now(key, swap) }.boxed()
    }

    fn store<'a>(&'a self, batch: &'a [Flush]) -> BoxFuture<'a, Vec<Result<Stored, Fault>>> {
        let store = |flush: &Flush| Ok(self.store_now(flush.parcel.key(), flush.mark, &flush.parcel));
        async move { batch.iter().map(store).collect() }.boxed()
    }

    fn remove<'a>(&'a self, key: &'a [u8], mark: Mark) -> BoxFuture<'a, Result<Stored, Fault>> {
        async move {
            let key = crate::store::Stored::new(key, &[]);
            let parcel = Parcel::Tombstone { key, epoch: mark.epoch, age: Duration::ZERO };
            Ok(self.store_now(parcel.key(), mark, &parcel))
        }
        .boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), Fault>> {
        ready(Ok(())).boxed()
    }

    fn sweep(&self) -> BoxFuture<'_, Result<u64, Fault>> {
        async move { Ok(self.sweep_now()) }.boxed()
    }
}

/// What lies under `key` and has not expired.
fn live<'a>(items: &'a mut BTreeMap<Vec<u8>, Item>, key: &[u8], now: Duration) -> Option<&'a mut Item> {
    if items.get(key)?.expires < now {
        items.remove(key);
        return None;
    }
    items.get_mut(key)
}

impl Item {
    fn kept(&self, stored: u64, now: Duration) -> Kept {
        let value = match &self.what {
            What::Tombstone => Value::Tombstone,
            What::Session { row, locked_at } => Value::Row(Row {
                epoch: self.mark.epoch,
                locked: locked_at.map(|at| now.saturating_sub(at)),
                remaining: self.expires - now,
                backed: Backed::Recovered { stored },
                ..row.clone()
            }),
        };
        Kept { mark: self.mark, stored, value }
    }
}

impl What {
    fn session(row: Row, now: Duration) -> Self {
        let locked_at = row.locked.map(|age| now.saturating_sub(age));
        Self::Session { row, locked_at }
    }
}

#[cfg(test)]
mod tests;
