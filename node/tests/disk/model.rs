//! The store against the pure step over a map: same commands, same answers, whatever happens between them,
//! and though the sessions move between two stores.

use std::collections::{BTreeMap, BTreeSet};

use cloakroom_node::store::Settings;
use cloakroom_session::{Command, CookieField, Effect, Entry, FIRST_COOKIE, Input, Outcome, Timeout, step};
use proptest::prelude::*;

use crate::memory_volume::MemoryVolume;
use crate::world::{World, small_settings};

#[derive(Clone, Debug)]
enum Event {
    Run(usize, Command, usize),
    Advance(u64),
    Commit,
    Housekeep,
    Sweep,
    Restart,
    /// The other store becomes the owner of everything.
    Move,
}

/// How far the first lock of a session that has moved advances its cookie, times one more than the epoch.
const COOKIE_JUMP: i32 = 1 << 16;

fn jump(epoch: u64) -> i32 {
    COOKIE_JUMP * (1 + i32::try_from(epoch).unwrap())
}

fn any_cookie() -> impl Strategy<Value = CookieField> {
    prop_oneof![
        Just(CookieField::Missing),
        Just(CookieField::Bad),
        (0..6i32).prop_map(CookieField::Value),
        (1..4i32).prop_map(|n| CookieField::Value(n + COOKIE_JUMP))
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    let timeout =
        prop_oneof![Just(Timeout::DEFAULT), (0..3u32).prop_map(|n| Timeout::from_minutes(n).unwrap())];
    prop_oneof![
        2 => Just(Command::Get),
        3 => Just(Command::Acquire),
        1 => Just(Command::Touch),
        2 => any_cookie().prop_map(|cookie| Command::Release { cookie }),
        5 => (timeout, prop::bool::weighted(0.2), any_cookie())
            .prop_map(|(timeout, uninitialised, cookie)| Command::Set { timeout, uninitialised, cookie }),
        1 => any_cookie().prop_map(|cookie| Command::Remove { cookie }),
    ]
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        20 => (0..6usize, any_command(), 1..3000usize).prop_map(|(key, command, bytes)| Event::Run(key, command, bytes)),
        2 => (1..90_000u64).prop_map(Event::Advance),
        4 => Just(Event::Commit),
        1 => Just(Event::Housekeep),
        1 => Just(Event::Sweep),
        1 => Just(Event::Restart),
        1 => Just(Event::Move),
    ]
}

fn settings() -> Settings {
    Settings {
        hot_tier_bytes: 8 << 10,
        segment_bytes: 8 << 10,
        checkpoint_bytes: 8 << 10,
        ..small_settings()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_store_answers_as_the_step_does(events in proptest::collection::vec(any_event(), 1..120)) {
        let (mut volume, mut other_volume) = (MemoryVolume::default(), MemoryVolume::default());
        let mut world = World::open(&volume, settings()).unwrap();
        let mut other = World::open(&other_volume, settings()).unwrap();
        // Moved and not locked since.
        let mut moved = BTreeSet::new();
        let mut model: BTreeMap<usize, (Entry, Vec<u8>)> = BTreeMap::new();
        for (tag, event) in events.into_iter().enumerate() {
            match event {
                Event::Run(key, command, bytes) => {
                    let body: Vec<u8> = (0..bytes).map(|at| u8::try_from((at * at + tag) % 253).unwrap()).collect();
                    let input = Input {
                        now: world.store.now(),
                        cookie_step: if moved.contains(&key) { jump(world.at.epoch) } else { 1 },
                        first_cookie: FIRST_COOKIE,
                        lifetime_max: settings().lifetime_max,
                    };
                    let expected = step(input, model.get(&key).map(|(entry, _)| *entry), command);
                    let seen = model.get(&key).map(|(_, body)| body.clone());
                    if expected.timed_out {
                        model.remove(&key);
                    }
                    if expected.timed_out || matches!(expected.outcome, Outcome::Acquired { .. } | Outcome::Removed) {
                        moved.remove(&key);
                    }
                    match expected.effect {
                        Effect::None => {}
                        Effect::Touch(entry, _) => model.get_mut(&key).unwrap().0 = entry,
                        Effect::Put(entry) => drop(model.insert(key, (entry, body.clone()))),
                        Effect::Remove => drop(model.remove(&key)),
                    }
                    let name = format!("key-{key}");
                    let execution = world.execute(&name, command, &body);
                    if tag % 2 == 0 || matches!(execution, cloakroom_node::store::Execution::Waiting(_)) {
                        world.commit().unwrap();
                    }
                    let answer = world.settle(execution, &name, command, &body).unwrap();
                    prop_assert_eq!(answer.outcome, expected.outcome);
                    let carries = matches!(expected.outcome, Outcome::Found { .. } | Outcome::Acquired { .. });
                    prop_assert_eq!(answer.body.map(|body| body.body().to_vec()), seen.filter(|_| carries));
                }
                Event::Advance(millis) => {
                    world.clock.advance_millis(millis);
                    other.clock.advance_millis(millis);
                }
                Event::Commit => drop(world.commit().unwrap()),
                Event::Housekeep => world.housekeeper.tick().unwrap(),
                Event::Sweep => drop((0..64).fold(0, |from, _| world.store.sweep(from))),
                Event::Restart => {
                    let (before, epoch) = (world.store.now(), world.at.epoch);
                    world.stop();
                    world = World::open(&volume, settings()).unwrap();
                    world.enter(epoch);
                    prop_assert_eq!(world.store.now(), before);
                }
                Event::Move => {
                    let epoch = world.at.epoch + 1;
                    world.enter(epoch);
                    other.enter(epoch);
                    world.hand_over(&mut other).unwrap();
                    moved.extend(model.keys().copied());
                    std::mem::swap(&mut world, &mut other);
                    std::mem::swap(&mut volume, &mut other_volume);
                }
            }
        }
    }
}
