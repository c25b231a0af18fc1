//! What a restart must not change: locks, time, and who may be granted what.

use cloakroom_node::disk::checkpoint::FIRST_MILLIS;
use cloakroom_node::store::{Execution, Settings};
use cloakroom_node_config::Acknowledge;
use cloakroom_session::{Command, CookieField, Outcome, Time, Timeout};

use crate::memory_volume::MemoryVolume;
use crate::world::{World, remove, set, small_settings};

const KEY: &str = "visitor";
const MINUTE: u64 = 60_000;

fn acquire(world: &mut World) -> i32 {
    match world.run(KEY, Command::Acquire, b"").unwrap().outcome {
        Outcome::Acquired { cookie, .. } => cookie,
        other => panic!("{other:?}"),
    }
}

fn reopen(volume: &MemoryVolume, world: World, clean: bool) -> World {
    if clean {
        world.stop();
    } else {
        drop(world);
    }
    let world = World::open(volume, small_settings()).unwrap();
    assert_eq!(world.unclean, !clean);
    world
}

#[test]
fn a_lock_its_cookie_and_its_age_survive() {
    for clean in [true, false] {
        let volume = MemoryVolume::default();
        let mut world = World::open(&volume, small_settings()).unwrap();
        world.run(KEY, set(), b"cart").unwrap();
        let cookie = acquire(&mut world);
        world.commit().unwrap();
        world.clock.advance_millis(5_000);
        // Something later is written, so that the journal knows how late it is.
        world.run("other", set(), b"x").unwrap();
        let mut world = reopen(&volume, world, clean);
        let refused = world.run(KEY, Command::Get, b"").unwrap().outcome;
        assert_eq!(refused, Outcome::Locked { cookie, age_millis: 5_000 });
        let set = Command::Set {
            timeout: Timeout::DEFAULT,
            uninitialised: false,
            cookie: CookieField::Value(cookie),
        };
        assert_eq!(world.run(KEY, set, b"cart, filled").unwrap().outcome, Outcome::Stored);
        assert_eq!(world.read(KEY).unwrap(), b"cart, filled");
    }
}

#[test]
fn no_lock_is_granted_twice_across_a_kill() {
    let volume = MemoryVolume::default();
    let mut world = World::open(&volume, small_settings()).unwrap();
    world.run(KEY, set(), b"cart").unwrap();
    let Outcome::Acquired { cookie: lost, .. } = settle(&mut world, Command::Acquire) else { panic!() };
    // Killed before the lock reached the journal. Whoever comes next gets another cookie,
    let mut world = reopen(&volume, world, false);
    let granted = acquire(&mut world);
    assert_ne!(granted, lost);
    // so the first holder's late write is refused, not merged.
    let late =
        Command::Set { timeout: Timeout::DEFAULT, uninitialised: false, cookie: CookieField::Value(lost) };
    assert!(matches!(world.run(KEY, late, b"late").unwrap().outcome, Outcome::Locked { .. }));
    // Once granted by this run, cookies go on one by one.
    let release = Command::Release { cookie: CookieField::Value(granted) };
    assert!(matches!(world.run(KEY, release, b"").unwrap().outcome, Outcome::Released { .. }));
    assert_eq!(acquire(&mut world), granted + 1);
}

#[test]
fn the_late_write_of_a_lost_lock_is_taken_if_nobody_was_granted_it_since() {
    let volume = MemoryVolume::default();
    let mut world = World::open(&volume, small_settings()).unwrap();
    world.run(KEY, set(), b"cart").unwrap();
    let Outcome::Acquired { cookie: lost, .. } = settle(&mut world, Command::Acquire) else { panic!() };
    let mut world = reopen(&volume, world, false);
    let late =
        Command::Set { timeout: Timeout::DEFAULT, uninitialised: false, cookie: CookieField::Value(lost) };
    assert_eq!(world.run(KEY, late, b"late but whole").unwrap().outcome, Outcome::Stored);
    assert_eq!(world.read(KEY).unwrap(), b"late but whole");
}

fn settle(world: &mut World, command: Command) -> Outcome {
    let execution = world.execute(KEY, command, b"");
    world.settle(execution, KEY, command, b"").unwrap().outcome
}

#[test]
fn time_stands_still_while_the_node_is_down() {
    for clean in [true, false] {
        let volume = MemoryVolume::default();
        let mut world = World::open(&volume, small_settings()).unwrap();
        world.run(KEY, set(), b"cart").unwrap();
        world.clock.advance_millis(19 * MINUTE);
        world.run("other", set(), b"x").unwrap();
        let before = world.store.now();
        let mut world = reopen(&volume, world, clean);
        assert_eq!(world.store.now(), before);
        assert_eq!(before, Time::from_millis(FIRST_MILLIS + 19 * MINUTE));
        // Never early: a minute is left, whatever the wall clock did meanwhile.
        world.clock.advance_millis(MINUTE);
        assert_eq!(world.read(KEY).unwrap(), b"cart");
    }
}

#[test]
fn what_expired_stays_expired_but_for_the_slack() {
    let volume = MemoryVolume::default();
    let mut world = World::open(&volume, small_settings()).unwrap();
    world.run(KEY, set(), b"cart").unwrap();
    world.clock.advance_millis(21 * MINUTE + 1);
    world.run("other", set(), b"x").unwrap();
    assert_eq!(world.read(KEY), None);
    assert_eq!(reopen(&volume, world, false).read(KEY), None);
}

#[test]
fn a_renewal_is_remembered_to_within_the_slack() {
    let volume = MemoryVolume::default();
    let mut world = World::open(&volume, small_settings()).unwrap();
    world.run(KEY, set(), b"cart").unwrap();
    for _ in 0..10 {
        world.clock.advance_millis(15 * MINUTE);
        assert_eq!(world.read(KEY).unwrap(), b"cart");
        world.commit().unwrap();
    }
    let mut world = reopen(&volume, world, false);
    world.clock.advance_millis(20 * MINUTE);
    assert_eq!(world.read(KEY).unwrap(), b"cart", "it was read 20 minutes ago, so it is not late");
    let mut world = reopen(&volume, world, false);
    world.clock.advance_millis(22 * MINUTE);
    assert_eq!(world.read(KEY), None, "late by more than the slack of a minute");
}

#[test]
fn a_removed_session_stays_removed() {
    for clean in [true, false] {
        let volume = MemoryVolume::default();
        let mut world = World::open(&volume, small_settings()).unwrap();
        world.run(KEY, set(), b"cart").unwrap();
        world.run(KEY, remove(), b"").unwrap();
        let mut world = reopen(&volume, world, clean);
        assert_eq!(world.read(KEY), None);
        world.run(KEY, set(), b"logged in again").unwrap();
        let mut world = reopen(&volume, world, clean);
        assert_eq!(world.read(KEY).unwrap(), b"logged in again");
    }
}

#[test]
fn acknowledged_from_memory_means_that_only_the_window_can_be_lost() {
    let volume = MemoryVolume::default();
    let settings = Settings { acknowledge: Acknowledge::Memory, ..small_settings() };
    let mut world = World::open(&volume, settings).unwrap();
    world.run("committed", set(), b"kept").unwrap();
    let execution = world.execute("in the window", set(), b"gone");
    assert!(matches!(execution, Execution::Answered(_)));
    let mut world = reopen(&volume, world, false);
    assert_eq!(world.read("committed").unwrap(), b"kept");
    assert_eq!(world.read("in the window"), None);
}

#[test]
fn no_lock_is_granted_twice_across_two_kills_in_a_row() {
    let volume = MemoryVolume::default();
    let mut world = World::open(&volume, small_settings()).unwrap();
    world.run(KEY, set(), b"cart").unwrap();
    let mut world = reopen(&volume, world, false);
    world.read(KEY).unwrap();
    // Granted at once only if a kill right now cannot lead to the same grant again.
    let granted = match world.execute(KEY, Command::Acquire, b"") {
        Execution::Answered(answer) => Some(answer.outcome),
        Execution::Waiting(_) | Execution::Moved | Execution::Missing => None,
    };
    let mut world = reopen(&volume, world, false);
    let again = world.run(KEY, Command::Acquire, b"").unwrap().outcome;
    assert_ne!(granted, Some(again));
}

#[test]
fn a_renewal_too_small_to_be_noted_is_made_up_for() {
    let volume = MemoryVolume::default();
    let mut world = World::open(&volume, small_settings()).unwrap();
    world.run(KEY, set(), b"cart").unwrap();
    world.clock.advance_millis(50_000);
    world.read(KEY).unwrap();
    world.run("other", set(), b"x").unwrap();
    let mut world = reopen(&volume, world, false);
    world.clock.advance_millis(20 * MINUTE);
    assert_eq!(world.read(KEY).unwrap(), b"cart", "it was read 20 minutes ago, not 20 minutes and 50 s");
}

#[test]
fn stored_is_answered_only_when_it_is() {
    let volume = MemoryVolume::default();
    let world = World::open(&volume, small_settings()).unwrap();
    let first =
        Command::Set { timeout: Timeout::DEFAULT, uninitialised: true, cookie: CookieField::Value(0) };
    for attempt in 1..=2 {
        let execution = world.execute(KEY, first, b"new");
        assert!(matches!(execution, Execution::Waiting(_)), "attempt {attempt} was answered before the disk");
    }
}

#[test]
fn an_unused_segment_in_front_of_a_used_one_stays_unused() {
    let volume = MemoryVolume::default();
    let mut world = World::open(&volume, small_settings()).unwrap();
    // Spares exist, and a body that fits none of them makes a segment behind them.
    world.housekeeper.tick().unwrap();
    let large: Vec<u8> = (0..40_000).map(|at: u32| u8::try_from(at * at % 251).unwrap()).collect();
    world.run("large", set(), &large).unwrap();
    for n in 0..3 {
        let mut again = reopen(&volume, world, false);
        assert_eq!(again.read("large").unwrap(), large);
        again.run(KEY, set(), format!("life {n}").as_bytes()).unwrap();
        world = again;
    }
    let mut world = reopen(&volume, world, false);
    assert_eq!(world.read(KEY).unwrap(), b"life 2");
}

#[test]
fn nobody_reads_what_a_crash_could_still_take_back() {
    let volume = MemoryVolume::default();
    let world = World::open(&volume, small_settings()).unwrap();
    let _pending = world.execute(KEY, set(), b"cart");
    for command in [Command::Get, Command::Acquire] {
        let execution = world.execute(KEY, command, b"");
        assert!(matches!(execution, Execution::Waiting(_)), "{command:?} was answered before the disk");
    }
}
