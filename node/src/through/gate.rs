//! One request at a time for each session, in the order in which they came.
//!
//! What two requests of one node would do to each other through the engine costs round trips; here it costs nothing. A
//! gate exists only while somebody is inside or waits.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::OwnedMutexGuard;

/// Enough that two threads seldom want the same part of the map.
const PARTS: usize = 64;

/// The gates of all sessions that are being served, by place.
#[derive(Debug)]
pub(super) struct Gates([Mutex<BTreeMap<u64, Gate>>; PARTS]);

#[derive(Debug, Default)]
struct Gate {
    inside: Arc<tokio::sync::Mutex<()>>,
    /// Inside or waiting.
    visitors: usize,
}

/// Somebody who is inside a gate, or waits; leaving is dropping it.
#[derive(Debug)]
pub(super) struct Turn {
    gates: Arc<Gates>,
    place: u64,
    inside: Option<OwnedMutexGuard<()>>,
}

impl Default for Gates {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl Gates {
    /// Resolves when it is this visitor's turn.
    pub(super) async fn enter(self: &Arc<Self>, place: u64) -> Turn {
        let gate = {
            let mut gates = self.part(place).lock();
            let gate = gates.entry(place).or_default();
            gate.visitors += 1;
            Arc::clone(&gate.inside)
        };
        // Made before the wait: who goes away while waiting leaves as well.
        let mut turn = Turn { gates: Arc::clone(self), place, inside: None };
        turn.inside = Some(gate.lock_owned().await);
        turn
    }

    /// Gates that exist.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|part| part.lock().len()).sum()
    }

    fn part(&self, place: u64) -> &Mutex<BTreeMap<u64, Gate>> {
        &self.0[usize::try_from(place % PARTS as u64).expect("less than the number of parts")]
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // First, so that nobody makes a second gate while this one is closed.
        self.inside = None;
        let mut gates = self.gates.part(self.place).lock();
        let gate = gates.get_mut(&self.place).expect("a gate stays while it has visitors");
        gate.visitors -= 1;
        if gate.visitors == 0 {
            gates.remove(&self.place);
        }
    }
}

#[cfg(test)]
mod tests {
    //! Who is let in, and what is left behind.

    use std::sync::Arc;

    use futures_util::FutureExt as _;

    use super::Gates;

    #[test]
    fn one_at_a_time_in_order_and_other_sessions_beside() {
        let gates = Arc::new(Gates::default());
        let first = gates.enter(1).now_or_never().unwrap();
        let mut second = Box::pin(gates.enter(1));
        let mut third = Box::pin(gates.enter(1));
        assert!(second.as_mut().now_or_never().is_none());
        assert!(third.as_mut().now_or_never().is_none());
        assert!(gates.enter(2).now_or_never().is_some());
        drop(first);
        assert!(third.as_mut().now_or_never().is_none());
        let second = second.now_or_never().unwrap();
        assert!(third.as_mut().now_or_never().is_none());
        drop(second);
        assert!(third.now_or_never().is_some());
        assert_eq!(gates.len(), 0);
    }

    #[test]
    fn who_goes_away_while_waiting_does_not_wedge_the_gate() {
        let gates = Arc::new(Gates::default());
        let first = gates.enter(1).now_or_never().unwrap();
        let mut gone = Box::pin(gates.enter(1));
        let mut next = Box::pin(gates.enter(1));
        assert!(gone.as_mut().now_or_never().is_none());
        assert!(next.as_mut().now_or_never().is_none());
        drop(first);
        // It was told that it is its turn, and leaves without having looked.
        drop(gone);
        assert!(next.now_or_never().is_some());
        assert_eq!(gates.len(), 0);
        let mut never_polled = Box::pin(gates.enter(3));
        let inside = gates.enter(3).now_or_never().unwrap();
        assert!(never_polled.as_mut().now_or_never().is_none());
        drop((never_polled, inside));
        assert_eq!(gates.len(), 0);
    }
}
