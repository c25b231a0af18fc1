//! The model as stateright explores it, and what is expected of it.

use std::collections::BTreeSet;

use stateright::{Checker, HasDiscoveries, Model, Property};

use crate::action::{self, Action};
use crate::guard::Guard;
use crate::transition::Rules;
use crate::world::{Budget, World};
use crate::wrong::Wrong;

/// A new owner changed the session after it waited for the lost one to have stopped.
pub(crate) const TAKE_OVER: &str = "a take-over succeeds";
/// The session is where it belongs, and everybody is settled.
pub(crate) const HAND_OFF: &str = "a hand-off completes";

struct Cluster {
    rules: Rules,
    budget: Budget,
}

impl Model for Cluster {
    type State = World;
    type Action = Action;

    /// Three nodes, the first of which owns the session; and two that a third one can join and own it.
    fn init_states(&self) -> Vec<World> {
        vec![World::new(&[0, 1, 2], [0, 1, 2], self.budget), World::new(&[0, 1], [2, 0, 1], self.budget)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.past.wrong.is_none() {
            action::actions(world, actions);
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        self.rules.after(world, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        fn never<const WRONG: usize>(_: &Cluster, world: &World) -> bool {
            world.past.wrong != Some(Wrong::ALL[WRONG])
        }
        vec![
            Property::always(Wrong::ALL[0].promise(), never::<0>),
            Property::always(Wrong::ALL[1].promise(), never::<1>),
            Property::always(Wrong::ALL[2].promise(), never::<2>),
            Property::always(Wrong::ALL[3].promise(), never::<3>),
            Property::always(Wrong::ALL[4].promise(), never::<4>),
            Property::always(Wrong::ALL[5].promise(), never::<5>),
            Property::always(Wrong::ALL[6].promise(), never::<6>),
            Property::sometimes(TAKE_OVER, |_, world: &World| world.took_over()),
            Property::sometimes(HAND_OFF, |_, world: &World| world.handed_off()),
        ]
    }
}

/// Explores everything that can happen within the budget. Every promise is kept, and what is expected to happen
/// does.
#[track_caller]
pub(crate) fn check(budget: Budget, happens: &[&str]) {
    let checker = explore(None, budget);
    for (promise, path) in checker.discoveries() {
        assert!([TAKE_OVER, HAND_OFF].contains(&promise), "not kept: {promise}\n{:#?}", path.into_actions());
    }
    let seen: BTreeSet<&str> = checker.discoveries().into_keys().collect();
    assert_eq!(seen, happens.iter().copied().collect());
}

/// Without the guard this goes wrong.
#[track_caller]
pub(crate) fn check_without(guard: Guard, budget: Budget, wrong: Wrong) {
    let checker = explore(Some(guard), budget);
    let broken: Vec<&str> = checker.discoveries().into_keys().collect();
    assert!(broken.contains(&wrong.promise()), "{guard:?}: not missed; found {broken:?}");
}

fn explore(without: Option<Guard>, budget: Budget) -> impl Checker<Cluster> {
    // One thread goes breadth first in order, so the shortest path to a fault is found, and always the same.
    let checker = Cluster { rules: Rules { without }, budget }
        .checker()
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    let (states, unique) = (checker.state_count(), checker.unique_state_count());
    println!(
        "{budget:?} without {without:?}: {states} states, {unique} of them different, {} deep",
        checker.max_depth()
    );
    checker
}
