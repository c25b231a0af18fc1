//! A session that moves from one store to another, and what is left of it where it was.

use std::time::Duration;

use cloakroom_node::metrics::Scrape as _;
use cloakroom_node::store::{Held, Parcel, Row, Settings, Unavailable};
use cloakroom_session::{Command, CookieField, Outcome, Timeout};

use crate::memory_volume::MemoryVolume;
use crate::world::{World, remove, set, small_settings};

const KEY: &str = "visitor";
const MINUTE: u64 = 60_000;

fn opened(volume: &MemoryVolume, epoch: u64) -> World {
    let mut world = World::open(volume, small_settings()).unwrap();
    world.enter(epoch);
    world
}

fn acquire(world: &mut World) -> i32 {
    match world.run(KEY, Command::Acquire, b"").unwrap().outcome {
        Outcome::Acquired { cookie, .. } => cookie,
        other => panic!("{other:?}"),
    }
}

fn row(world: &mut World) -> Row {
    match world.held(KEY).unwrap() {
        Held::Row(row) => row,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_session_moves_with_its_lock_its_ages_and_its_body() {
    let (here, there) = (MemoryVolume::default(), MemoryVolume::default());
    let mut source = opened(&here, 1);
    let mut owner = opened(&there, 2);
    owner.clock.advance_millis(3 * MINUTE);
    source.run(KEY, set(), b"cart").unwrap();
    let cookie = acquire(&mut source);
    source.clock.advance_millis(5_000);
    assert!(matches!(source.run(KEY, Command::Get, b"").unwrap().outcome, Outcome::Locked { .. }));
    source.clock.advance_millis(7 * MINUTE);
    source.enter(2);

    assert_eq!(source.hand_over(&mut owner), Ok(1));

    let moved = row(&mut owner);
    let locked = Duration::from_millis(5_000 + 7 * MINUTE);
    assert_eq!((moved.cookie, moved.locked, moved.epoch), (cookie, Some(locked), 2));
    assert_eq!((moved.timeout, moved.uninitialised), (Timeout::DEFAULT, false));
    assert_eq!(moved.remaining, Duration::from_millis(13 * MINUTE), "20 minutes from its last use");
    assert_eq!(moved.content.body(), b"cart");
    let refused = owner.run(KEY, Command::Get, b"").unwrap().outcome;
    assert_eq!(refused, Outcome::Locked { cookie, age_millis: 5_000 + 7 * MINUTE });
    let own =
        Command::Set { timeout: Timeout::DEFAULT, uninitialised: false, cookie: CookieField::Value(cookie) };
    assert_eq!(owner.run(KEY, own, b"cart, filled").unwrap().outcome, Outcome::Stored);
    assert_eq!(source.held(KEY), Ok(Held::Nothing));
}

#[test]
fn a_new_session_moves_with_its_flag_and_its_own_timeout() {
    let timeout = Timeout::from_minutes(3).unwrap();
    let first = Command::Set { timeout, uninitialised: true, cookie: CookieField::Missing };
    let (here, there) = (MemoryVolume::default(), MemoryVolume::default());
    let mut source = opened(&here, 1);
    let mut owner = opened(&there, 1);
    source.run(KEY, first, b"").unwrap();
    assert_eq!(source.hand_over(&mut owner), Ok(1));
    let moved = row(&mut owner);
    assert_eq!((moved.timeout, moved.uninitialised, moved.locked), (timeout, true, None));
    let answer = owner.run(KEY, Command::Get, b"").unwrap().outcome;
    assert_eq!(answer, Outcome::Found { initialise: true, timeout });
}

/// Every way to end, and what the disk is like afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Clean,
    Killed,
    PowerCut,
}

fn end(world: World, volume: &MemoryVolume, end: End) -> MemoryVolume {
    match end {
        End::Clean => world.stop(),
        End::Killed => drop(world),
        End::PowerCut => {
            drop(world);
            return MemoryVolume::holding(volume.synced_files());
        }
    }
    volume.clone()
}

#[test]
fn what_was_handed_over_is_there_and_no_longer_here_however_both_end() {
    for how in [End::Clean, End::Killed, End::PowerCut] {
        for checkpoint in [false, true] {
            let (here, there) = (MemoryVolume::default(), MemoryVolume::default());
            let mut source = opened(&here, 1);
            let mut owner = opened(&there, 1);
            source.run(KEY, set(), b"cart").unwrap();
            source.run("removed", set(), b"x").unwrap();
            source.run("removed", remove(), b"").unwrap();
            if checkpoint {
                source.housekeeper.tick().unwrap();
            }
            assert_eq!(source.hand_over(&mut owner), Ok(2));
            assert_eq!(source.store.scrape().journal_live_bytes, 0, "a moved session's room is garbage");
            if checkpoint {
                source.housekeeper.tick().unwrap();
                owner.housekeeper.tick().unwrap();
            }
            let (here, there) = (end(source, &here, how), end(owner, &there, how));

            let mut source = opened(&here, 1);
            assert_eq!(source.held(KEY), Ok(Held::Nothing), "{how:?}");
            assert_eq!(source.held("removed"), Ok(Held::Nothing), "{how:?}");
            assert!(!source.store.has_anything(), "{how:?}");
            assert_eq!(source.store.scrape().journal_live_bytes, 0, "{how:?}");
            let mut owner = opened(&there, 1);
            assert_eq!(row(&mut owner).content.body(), b"cart", "{how:?}");
            assert_eq!(owner.held("removed"), Ok(Held::Tombstone { epoch: 1 }), "{how:?}");
        }
    }
}

#[test]
fn an_adopted_session_grants_no_cookie_that_a_crash_may_have_forgotten() {
    let (here, there) = (MemoryVolume::default(), MemoryVolume::default());
    let mut source = opened(&here, 1);
    source.run(KEY, set(), b"cart").unwrap();
    let parcel = Parcel::Row(row(&mut source));
    // Granted after it was packed, and lost with the source.
    let forgotten = acquire(&mut source);

    let mut owner = opened(&there, 2);
    assert_eq!(owner.admit(&parcel, true), Ok(true));
    let granted = owner.execute(KEY, Command::Acquire, b"");
    let waits = matches!(granted, cloakroom_node::store::Execution::Waiting(_));
    assert!(waits, "the next crash must not forget this lock and grant the same cookie again");
    let Outcome::Acquired { cookie, .. } = owner.settle(granted, KEY, Command::Acquire, b"").unwrap().outcome
    else {
        panic!()
    };
    assert!(cookie > forgotten, "{cookie} was granted after {forgotten}");
    owner.run(KEY, Command::Release { cookie: CookieField::Value(cookie) }, b"").unwrap();
    assert_eq!(acquire(&mut owner), cookie + 1, "it jumps once");
}

#[test]
fn a_body_moves_from_wherever_it_is() {
    let body: Vec<u8> = (0..3000u32).map(|at| u8::try_from(at % 7).unwrap()).collect();
    let cold = Settings { hot_tier_bytes: 4096, ..small_settings() };
    let (here, there) = (MemoryVolume::default(), MemoryVolume::default());
    let mut source = World::open(&here, cold).unwrap();
    for n in 0..40 {
        source.run(&format!("session-{n}"), set(), &body).unwrap();
        // Garbage, so that some bodies are moved and compressed.
        source.run("overwritten", set(), &body).unwrap();
        source.housekeeper.tick().unwrap();
    }
    let long = "k".repeat(500);
    source.run(&long, set(), &body).unwrap();
    source.run("overwritten", set(), &body).unwrap();
    let hot = source.parcels(true).unwrap().len();
    assert!((1..10).contains(&hot), "{hot} of 42 bodies are in a hot tier that has room for one");
    let mut owner = World::open(&there, small_settings()).unwrap();
    assert_eq!(source.hand_over(&mut owner), Ok(42));
    assert_eq!(owner.read(&long).unwrap(), body);
    for n in 0..40 {
        assert_eq!(owner.read(&format!("session-{n}")).unwrap(), body);
    }
    assert_eq!(source.parcels(false).unwrap().len(), 0);
}

/// What happens to a session between packing and disposing, and whether it is dropped nevertheless.
#[track_caller]
fn check_dispose(what: &str, dropped: bool, meanwhile: impl FnOnce(&mut World)) {
    let volume = MemoryVolume::default();
    let mut world = opened(&volume, 1);
    world.run(KEY, set(), b"cart").unwrap();
    world.clock.advance_millis(1);
    let [(mover, _)] = &world.parcels(false).unwrap()[..] else { panic!("one session") };
    meanwhile(&mut world);
    let version = world.store.dispose(1, mover);
    assert_eq!(version.is_some(), dropped, "{what}");
    world.commit().unwrap();
    assert_eq!(world.held(KEY).unwrap() == Held::Nothing, dropped, "{what}");
}

#[test]
fn only_what_was_packed_is_dropped() {
    check_dispose("nothing happened", true, |_| {});
    check_dispose("another epoch", false, |world| world.enter(2));
    check_dispose("renewed", false, |world| drop(world.run(KEY, Command::Get, b"").unwrap()));
    check_dispose("locked", false, |world| assert!(acquire(world) > 0));
    check_dispose("written", false, |world| drop(world.run(KEY, set(), b"new").unwrap()));
    check_dispose("written and not on disk", false, |world| drop(world.execute(KEY, set(), b"new")));
    let volume = MemoryVolume::default();
    let mut world = opened(&volume, 1);
    world.run(KEY, set(), b"cart").unwrap();
    let unpacked =
        (0..cloakroom_node::store::Store::SHARDS).flat_map(|shard| world.store.movers(shard, false));
    for mover in unpacked.collect::<Vec<_>>() {
        assert_eq!(world.store.dispose(1, &mover), None, "never packed");
    }
    assert_eq!(world.read(KEY).unwrap(), b"cart");
}

#[test]
fn a_session_is_packed_only_when_it_is_on_disk() {
    let volume = MemoryVolume::default();
    let mut world = opened(&volume, 1);
    let _ = world.execute(KEY, set(), b"cart");
    assert_eq!(world.store.scrape().journal_queue_records, 1);
    assert_eq!(world.parcels(true).unwrap().len(), 1);
    assert_eq!(world.store.scrape().journal_queue_records, 0);
}

#[test]
fn what_expired_is_neither_held_nor_moved() {
    let volume = MemoryVolume::default();
    let mut world = opened(&volume, 1);
    world.run(KEY, set(), b"cart").unwrap();
    world.run("removed", set(), b"x").unwrap();
    world.run("removed", remove(), b"").unwrap();
    world.clock.advance_millis(20 * MINUTE);
    assert_eq!(world.parcels(false).unwrap().len(), 1, "the tombstone has had its ten minutes");
    world.clock.advance_millis(1);
    assert_eq!(world.parcels(false).unwrap().len(), 0);
    assert_eq!(world.held(KEY), Ok(Held::Nothing));
}

#[test]
fn an_unreadable_session_is_not_taken_for_an_absent_one() {
    let cold = Settings { hot_tier_bytes: 0, ..small_settings() };
    let volume = MemoryVolume::default();
    let mut world = World::open(&volume, cold).unwrap();
    world.run(KEY, set(), b"cart").unwrap();
    let (name, at) = find(&volume, b"cart");
    volume.break_reads(&name, at);
    assert_eq!(world.held(KEY), Err(Unavailable::Unreadable));
    assert_eq!(world.parcels(false).unwrap_err(), Unavailable::Unreadable);
}

/// File and offset of `bytes`.
fn find(volume: &MemoryVolume, bytes: &[u8]) -> (String, usize) {
    let found = volume.files().into_iter().find_map(|(name, content)| {
        let at = content.windows(bytes.len()).position(|window| window == bytes)?;
        Some((name, at))
    });
    found.unwrap()
}
