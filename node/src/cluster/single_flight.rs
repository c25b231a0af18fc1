//! One fetch of a session for all who want it.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use tokio::sync::oneshot;

/// Fetches under way, by key hash, and who else waits for each.
#[derive(Debug, Default)]
pub(super) struct SingleFlight(Mutex<BTreeMap<u64, Vec<oneshot::Sender<()>>>>);

impl SingleFlight {
    /// What to wait for if somebody is fetching already; else the caller fetches, and then [lands](SingleFlight::landing).
    pub(super) fn join(&self, key_hash: u64) -> Option<oneshot::Receiver<()>> {
        let mut flights = self.0.lock();
        if let Some(waiters) = flights.get_mut(&key_hash) {
            let (sender, receiver) = oneshot::channel();
            waiters.push(sender);
            return Some(receiver);
        }
        flights.insert(key_hash, Vec::new());
        None
    }

    /// Lands when it is dropped, also by a panic or the end of the runtime.
    pub(super) fn landing(&self, key_hash: u64) -> Landing<'_> {
        Landing { flights: self, key_hash }
    }

    fn land(&self, key_hash: u64) {
        for waiter in self.0.lock().remove(&key_hash).into_iter().flatten() {
            // A waiter that went away no longer cares.
            let _ = waiter.send(());
        }
    }
}

/// A fetch under way.
pub(super) struct Landing<'a> {
    flights: &'a SingleFlight,
    key_hash: u64,
}

impl Drop for Landing<'_> {
    /// However it went: those who wait look again.
    fn drop(&mut self) {
        self.flights.land(self.key_hash);
    }
}
