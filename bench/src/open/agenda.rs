//! What is to happen when: the open loop's own clockwork.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    time::Duration,
};

use super::visit::Step;

/// Something due at a time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// A new visit arrives.
    Arrival,
    /// A visit opens its next page, with this many to follow.
    Page { session: u64, left: u64 },
    /// A request is to be sent.
    Send(Step),
}

/// Events in the order they fall due; those due together in the order they were added.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    heap: BinaryHeap<Reverse<Entry>>,
    added: u64,
}

#[derive(Debug)]
struct Entry {
    due: Duration,
    order: u64,
    event: Event,
}

impl Agenda {
    pub(super) fn add(&mut self, due: Duration, event: Event) {
        self.heap.push(Reverse(Entry { due, order: self.added, event }));
        self.added += 1;
    }

    /// The first event, if it is due at `now`, with its due time.
    pub(super) fn pop_due(&mut self, now: Duration) -> Option<(Duration, Event)> {
        if self.heap.peek()?.0.due > now {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| (entry.due, entry.event))
    }

    /// Time from `now` to the first event.
    pub(super) fn wait(&self, now: Duration) -> Duration {
        self.heap.peek().map_or(Duration::MAX, |Reverse(entry)| entry.due.saturating_sub(now))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.due, self.order).cmp(&(other.due, other.order))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Entry {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_when_due_and_in_order() {
        let mut agenda = Agenda::default();
        let millis = Duration::from_millis;
        for (due, session) in [(5, 1), (3, 2), (5, 3), (4, 4)] {
            agenda.add(millis(due), Event::Page { session, left: 0 });
        }
        assert_eq!(agenda.wait(millis(1)), millis(2));
        assert!(agenda.pop_due(millis(2)).is_none());
        let order: Vec<_> = std::iter::from_fn(|| agenda.pop_due(millis(5)))
            .map(|(_, event)| match event {
                Event::Page { session, .. } => session,
                other => panic!("{other:?} was not added"),
            })
            .collect();
        assert_eq!(order, [2, 4, 1, 3]);
    }
}
