//! What a store remembers for the backing store: what that does not have, until it has it, whatever happens here.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_node::backing::Flush;
use cloakroom_node::metrics::Lost;
use cloakroom_node::store::{At, Backed, Execution, Parcel, Row, Settings, Stored, Unflushed};
use cloakroom_session::{Command, Timeout};

use crate::memory_volume::MemoryVolume;
use crate::world::{World, remove, set, small_settings};

const KEY: &str = "visitor";
const EVERYTHING: usize = 1000;

fn settings() -> Settings {
    Settings { backed: true, ..small_settings() }
}

fn opened(volume: &MemoryVolume) -> World {
    World::open(volume, settings()).unwrap()
}

/// What is due, each with what would be stored.
fn due(world: &mut World, window: Duration) -> Vec<(Unflushed, Flush)> {
    let (unflushed, _) = world.store.unflushed(window, EVERYTHING);
    unflushed
        .into_iter()
        .map(|mut unflushed| {
            let store = Arc::clone(&world.store);
            world
                .drive(async move {
                    let flush = store.flush(&mut unflushed).await.unwrap().unwrap();
                    (unflushed, flush)
                })
                .unwrap()
        })
        .collect()
}

fn flush_all(world: &mut World) -> usize {
    let due = due(world, Duration::ZERO);
    due.iter().for_each(|(unflushed, _)| world.store.flushed(unflushed));
    due.len()
}

fn waiting(world: &World) -> u64 {
    world.store.unflushed(Duration::ZERO, 0).1.sessions
}

fn body(flush: &Flush) -> &[u8] {
    flush.parcel.content().body()
}

#[test]
fn a_change_waits_for_the_window_and_is_stored_once_with_all_that_followed() {
    let mut world = opened(&MemoryVolume::default());
    let window = Duration::from_millis(1_000);
    world.run(KEY, set(), b"first").unwrap();
    world.clock.advance_millis(999);
    world.run(KEY, set(), b"second").unwrap();
    assert!(due(&mut world, window).is_empty());
    world.clock.advance_millis(1);
    let stored = due(&mut world, window);
    let [(unflushed, flush)] = &stored[..] else { panic!("{stored:?}") };
    assert_eq!(body(flush), b"second", "the first change began the window");
    world.store.flushed(unflushed);
    assert_eq!(waiting(&world), 0);
}

#[test]
fn what_changes_while_it_is_stored_is_stored_again_with_a_later_mark() {
    let mut world = opened(&MemoryVolume::default());
    world.run(KEY, set(), b"first").unwrap();
    let before = due(&mut world, Duration::ZERO);
    world.run(KEY, Command::Acquire, b"").unwrap();
    world.store.flushed(&before[0].0);
    let after = due(&mut world, Duration::ZERO);
    assert_eq!(after.len(), 1, "the lock is not stored yet");
    assert!(after[0].1.mark > before[0].1.mark);
    assert!(matches!(&after[0].1.parcel, Parcel::Row(row) if row.locked.is_some()));
    world.store.raise(after[0].1.mark.version + 1_000);
    assert!(due(&mut world, Duration::ZERO)[0].1.mark.version > after[0].1.mark.version + 1_000);
}

#[test]
fn a_session_is_kept_there_for_as_long_as_here_and_what_renews_it_may_lag() {
    let mut world = opened(&MemoryVolume::default());
    world.run(KEY, set(), b"cart").unwrap();
    let stored = due(&mut world, Duration::ZERO);
    let Parcel::Row(row) = &stored[0].1.parcel else { panic!("{stored:?}") };
    assert_eq!(row.remaining, Duration::from_secs(20 * 60 + 60));
    assert_eq!(flush_all(&mut world), 1);
    world.run(KEY, Command::Get, b"").unwrap();
    assert_eq!(waiting(&world), 0, "renewed within the same minute");
    world.clock.advance_millis(61_000);
    world.run(KEY, Command::Get, b"").unwrap();
    assert_eq!(waiting(&world), 1);
}

#[test]
fn a_restart_forgets_nothing_that_waits() {
    for clean in [true, false] {
        let volume = MemoryVolume::default();
        let mut world = opened(&volume);
        for key in ["a", "b", "c"] {
            world.run(key, set(), b"cart").unwrap();
        }
        assert_eq!(flush_all(&mut world), 3);
        world.run("a", set(), b"cart, filled").unwrap();
        world.run("b", remove(), b"").unwrap();
        if clean {
            world.stop();
        }
        let mut world = opened(&volume);
        let again = due(&mut world, Duration::ZERO);
        let of = |key: &[u8]| again.iter().find(|(_, flush)| flush.parcel.key() == key);
        assert_eq!(body(&of(b"a").unwrap().1), b"cart, filled");
        assert!(matches!(of(b"b").unwrap().1.parcel, Parcel::Tombstone { .. }));
        // After a kill what was replayed may be stored once more; after a clean stop it is known.
        assert!(!clean || of(b"c").is_none());
    }
}

#[test]
fn a_backing_store_that_is_new_gets_everything() {
    let volume = MemoryVolume::default();
    let mut world = World::open(&volume, small_settings()).unwrap();
    world.run("a", set(), b"cart").unwrap();
    world.run("b", set(), b"cart").unwrap();
    world.run("b", remove(), b"").unwrap();
    assert_eq!(waiting(&world), 0, "there is none");
    world.stop();
    let mut world = opened(&volume);
    assert_eq!(flush_all(&mut world), 2);
    world.stop();
    assert_eq!(waiting(&opened(&volume)), 0, "it is not new any more");
}

#[test]
fn a_removal_waits_for_longer_than_tombstones_are_kept() {
    let mut world = opened(&MemoryVolume::default());
    world.run(KEY, set(), b"cart").unwrap();
    world.run(KEY, remove(), b"").unwrap();
    world.clock.advance_millis(60 * 60 * 1000);
    let mut from = world.store.sweep(0);
    while from != 0 {
        from = world.store.sweep(from);
    }
    let stored = due(&mut world, Duration::ZERO);
    assert!(matches!(stored[0].1.parcel, Parcel::Tombstone { .. }), "{stored:?}");
}

#[test]
fn what_is_not_here_is_asked_for_elsewhere_first() {
    let mut world = opened(&MemoryVolume::default());
    world.at = At { ask_first: true, ..world.at };
    for command in [Command::Get, Command::Acquire, Command::Touch, set(), remove()] {
        assert!(matches!(world.execute(KEY, command, b"cart"), Execution::Missing), "{command:?}");
    }
    world.at.ask_first = false;
    world.run(KEY, set(), b"cart").unwrap();
    world.run(KEY, remove(), b"").unwrap();
    world.at.ask_first = true;
    assert!(!matches!(world.execute(KEY, Command::Get, b""), Execution::Missing), "it was removed here");
}

fn copy(epoch: u64, backed: Backed) -> Parcel {
    Parcel::Row(Row {
        content: Stored::new(KEY.as_bytes(), b"theirs"),
        epoch,
        timeout: Timeout::DEFAULT,
        uninitialised: false,
        cookie: 9,
        locked: None,
        remaining: Duration::from_secs(60),
        backed,
    })
}

/// What is here after a copy has come, and how many acknowledged changes were given up for it.
#[track_caller]
fn check(mine: (u64, Backed), theirs: (u64, Backed), taken: bool, superseded: u64) {
    let mut world = opened(&MemoryVolume::default());
    match mine.1 {
        Backed::Recovered { .. } => {
            world.enter(mine.0);
            let Parcel::Row(row) = copy(mine.0, mine.1) else { unreachable!() };
            let mine = Row { content: Stored::new(KEY.as_bytes(), b"mine"), ..row };
            assert!(world.admit(&Parcel::Row(mine), true).unwrap());
        }
        backed => {
            world.enter(mine.0);
            world.run(KEY, set(), b"mine").unwrap();
            if backed == Backed::Flushed {
                flush_all(&mut world);
            }
        }
    }
    world.enter(10);
    assert_eq!(world.admit(&copy(theirs.0, theirs.1), false).unwrap(), taken, "{mine:?} {theirs:?}");
    assert_eq!(world.metrics.sessions_lost.get(Lost::Superseded), superseded, "{mine:?} {theirs:?}");
}

#[test]
fn a_copy_that_was_never_stored_beats_the_older_one_that_was() {
    use Backed::{Flushed, Recovered, Unflushed};
    // Taken from the backing store by a successor and left as it was; what its owner brings back is newer.
    check((8, Recovered { stored: 5 }), (5, Unflushed), true, 0);
    check((8, Recovered { stored: 5 }), (5, Flushed), false, 0);
    // Another one has stored it since its owner was lost.
    check((8, Recovered { stored: 7 }), (5, Unflushed), false, 1);
    // Changed by the successor: what its owner brings back is lost, and that is counted.
    check((8, Unflushed), (5, Unflushed), false, 1);
    check((8, Flushed), (5, Unflushed), false, 1);
    check((8, Flushed), (5, Flushed), false, 0);
    // And seen from the other side.
    check((5, Unflushed), (8, Recovered { stored: 5 }), false, 0);
    check((5, Unflushed), (8, Recovered { stored: 7 }), true, 1);
    check((5, Unflushed), (8, Unflushed), true, 1);
    check((5, Flushed), (8, Unflushed), true, 0);
}
