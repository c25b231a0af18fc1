//! The search for an order that explains a history.

use std::collections::{BTreeMap, BTreeSet};

use super::state::State;
use crate::history::{Action, Event, Moment, Operation, Seen};

/// More explanations than this at once are not followed.
const CONFIGURATIONS_MAX: usize = 20_000;

/// Whether a history has an explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has.
    Explained,
    /// It has none: up to this operation (by index) there was one.
    Impossible {
        /// The first operation whose answer fits nothing that may have gone before.
        operation: usize,
        /// What the session may have been before it.
        before: String,
    },
    /// There are too many possibilities to look at all of them.
    TooMany,
}

/// One explanation of everything up to now: the session's state, and which of the operations that are still
/// open have taken effect (their bits).
type Configuration = (State, u128);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Point {
    Ends(usize),
    Begins(usize),
}

/// Judges the operations on one session.
#[must_use]
pub fn check(operations: &[Operation]) -> Verdict {
    let first_acquire = operations.iter().filter(|operation| is_acquire(operation)).map(|it| it.begun).min();
    let mut search = Search {
        operations,
        first_acquire: first_acquire.unwrap_or(Moment::MAX),
        open: Vec::new(),
        configurations: BTreeSet::from([(State::default(), 0)]),
    };
    for (_, point) in points(operations) {
        match point {
            Point::Begins(operation) => match search.open.iter().position(Option::is_none) {
                Some(slot) => search.open[slot] = Some(operation),
                None if search.open.len() < 128 => search.open.push(Some(operation)),
                None => return Verdict::TooMany,
            },
            Point::Ends(operation) => {
                let before = search.configurations.iter().map(|(state, _)| *state).collect::<BTreeSet<_>>();
                if !search.end(operation) {
                    return Verdict::TooMany;
                }
                if search.configurations.is_empty() {
                    return Verdict::Impossible { operation, before: format!("{before:?}") };
                }
            }
        }
    }
    Verdict::Explained
}

fn is_acquire(operation: &Operation) -> bool {
    matches!(operation.event, Event::Asked(Action::Acquire, _))
}

/// Whether an operation of unknown outcome would show in what others see.
fn leaves_a_mark(event: Event) -> bool {
    !matches!(event, Event::Asked(Action::Get | Action::Touch | Action::Acquire, Seen::Nothing))
}

/// Beginnings and ends in their order.
fn points(operations: &[Operation]) -> Vec<(Moment, Point)> {
    let mut points = Vec::new();
    let marked = operations.iter().enumerate().filter(|(_, operation)| leaves_a_mark(operation.event));
    for (index, operation) in marked {
        // An answer that says nothing and comes at once may still be on its way to the session.
        let ended = operation.ended.filter(|_| !matches!(operation.event, Event::Asked(_, Seen::Nothing)));
        points.push((operation.begun, Point::Begins(index)));
        points.extend(ended.map(|ended| (ended, Point::Ends(index))));
    }
    points.sort_unstable_by_key(|&(moment, point)| match point {
        // What happens at one moment begins before it ends.
        Point::Begins(index) => (moment, 0, index),
        Point::Ends(index) => (moment, 1, index),
    });
    points
}

struct Search<'a> {
    operations: &'a [Operation],
    first_acquire: Moment,
    /// Which operation a bit stands for.
    open: Vec<Option<usize>>,
    configurations: BTreeSet<Configuration>,
}

impl Search<'_> {
    /// Keeps the configurations in which `operation` has taken effect; false if there are too many.
    fn end(&mut self, operation: usize) -> bool {
        let slot = self.open.iter().position(|open| *open == Some(operation)).expect("it has begun");
        let bit = 1 << slot;
        let optional = self.needs_not_happen(operation);
        let free = self.free();
        let mut done = BTreeSet::new();
        let mut followed: BTreeMap<State, Vec<u128>> = BTreeMap::new();
        let ranked = |(state, effective): Configuration| (effective.count_ones(), effective, state);
        let mut fresh: BTreeSet<_> = self.configurations.iter().copied().map(ranked).collect();
        let mut count = 0;
        while let Some((_, effective, state)) = fresh.pop_first() {
            let alike = followed.entry(state).or_default();
            // What needs not happen need never have: of two equal states the one that has used up fewer of
            // these can do whatever the other can.
            if alike.iter().any(|used| used & effective == *used && used & !free == effective & !free) {
                continue;
            }
            alike.push(effective);
            count += 1;
            if count > CONFIGURATIONS_MAX {
                return false;
            }
            if effective & bit != 0 {
                done.insert((state, effective & !bit));
                continue;
            }
            if optional {
                done.insert((state, effective));
            }
            for (slot, open) in self.open.iter().enumerate() {
                let Some(open) = open.filter(|_| effective & (1 << slot) == 0) else { continue };
                let event = self.operations[open].event;
                if let Some(after) = state.after(event, self.asked_for(open)) {
                    fresh.insert(ranked((after, effective | (1 << slot))));
                }
            }
        }
        self.open[slot] = None;
        self.configurations = done;
        true
    }

    /// Whether somebody had asked for the lock before `operation` was over.
    fn asked_for(&self, operation: usize) -> bool {
        self.first_acquire < self.operations[operation].ended.unwrap_or(Moment::MAX)
    }

    /// The bits of operations that need not happen.
    fn free(&self) -> u128 {
        let open = self.open.iter().enumerate();
        let free = open.filter(|(_, open)| open.is_some_and(|operation| self.needs_not_happen(operation)));
        free.fold(0, |bits, (slot, _)| bits | 1 << slot)
    }

    fn needs_not_happen(&self, operation: usize) -> bool {
        matches!(
            self.operations[operation].event,
            Event::Asked(_, Seen::Nothing) | Event::GivenUp | Event::Rewound(_) | Event::Returned
        )
    }
}
