//! Which of two copies stays when one comes from another node, and that a restart does not change that.

use std::time::Duration;

use cloakroom_node::metrics::Scrape as _;
use cloakroom_node::store::{Backed, Execution, Held, Parcel, Row, Stored, Unavailable};
use cloakroom_session::{Command, Timeout};

use crate::memory_volume::MemoryVolume;
use crate::world::{World, remove, set, small_settings};

const KEY: &str = "visitor";
/// The epoch at which copies arrive.
const NOW: u64 = 6;
const MINUTE: u64 = 60_000;

/// What a node has, with the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Has {
    Nothing,
    Tombstone(u64),
    /// Written here.
    Mine(u64),
    /// Came from the other node.
    Theirs(u64),
    /// Written here, and nobody used it since.
    Expired(u64),
}
use Has::{Expired, Mine, Nothing, Theirs, Tombstone};

/// What became of what is here before the other copy came.
#[derive(Clone, Copy, Debug)]
enum Since {
    JustNow,
    OnDisk,
    Checkpointed,
    Killed,
    Stopped,
}

fn theirs(epoch: u64) -> Parcel {
    Parcel::Row(Row {
        content: Stored::new(KEY.as_bytes(), b"theirs"),
        epoch,
        timeout: Timeout::DEFAULT,
        uninitialised: false,
        cookie: 9,
        locked: None,
        remaining: Duration::from_secs(60),
        backed: Backed::Flushed,
    })
}

fn prepared(volume: &MemoryVolume, local: Has, since: Since) -> World {
    let mut world = World::open(volume, small_settings()).unwrap();
    if let Tombstone(epoch) | Mine(epoch) | Expired(epoch) = local {
        world.enter(epoch);
        let _ = world.execute(KEY, set(), b"mine");
    }
    if let Tombstone(_) = local {
        let _ = world.execute(KEY, remove(), b"");
    }
    if !matches!(since, Since::JustNow) {
        world.commit().unwrap();
    }
    if matches!(since, Since::Checkpointed) {
        world.housekeeper.tick().unwrap();
    }
    match since {
        Since::JustNow | Since::OnDisk | Since::Checkpointed => {}
        Since::Killed => world = World::open(volume, small_settings()).unwrap(),
        Since::Stopped => {
            world.stop();
            world = World::open(volume, small_settings()).unwrap();
        }
    }
    if let Expired(_) = local {
        world.clock.advance_millis(21 * MINUTE + 1);
    }
    world.enter(NOW);
    world
}

fn found(world: &mut World) -> Has {
    match world.held(KEY).unwrap() {
        Held::Nothing => Nothing,
        Held::Tombstone { epoch } => Tombstone(epoch),
        Held::Row(row) if row.content.body() == b"mine" => Mine(row.epoch),
        Held::Row(row) => Theirs(row.epoch),
    }
}

/// `incoming` meets `local` and leaves `expected`.
#[track_caller]
fn check(local: Has, incoming: Has, first: bool, expected: Has) {
    let parcel = match incoming {
        Theirs(epoch) => theirs(epoch),
        Tombstone(epoch) => {
            Parcel::Tombstone { key: Stored::new(KEY.as_bytes(), b""), epoch, age: Duration::ZERO }
        }
        other => panic!("{other:?} does not arrive"),
    };
    for since in [Since::JustNow, Since::OnDisk, Since::Checkpointed, Since::Killed, Since::Stopped] {
        let what = format!("{incoming:?} (first: {first}) meets {local:?} from {since:?}");
        let volume = MemoryVolume::default();
        let mut world = prepared(&volume, local, since);
        let taken = world.admit(&parcel, first).unwrap();
        assert_eq!(found(&mut world), expected, "{what}");
        assert_eq!(taken, expected != local && expected != Nothing, "{what}");
        let read = world.read(KEY);
        let content = match expected {
            Mine(_) => Some("mine"),
            Theirs(_) => Some("theirs"),
            _ => None,
        };
        assert_eq!(read.as_deref(), content.map(str::as_bytes), "{what}");
        drop(world);
        let mut world = World::open(&volume, small_settings()).unwrap();
        assert_eq!(found(&mut world), expected, "{what}, after a kill");
    }
}

#[test]
fn of_two_copies_the_newer_one_stays() {
    check(Nothing, Theirs(1), false, Theirs(NOW));
    check(Mine(4), Theirs(3), false, Mine(4));
    check(Mine(4), Theirs(3), true, Mine(4));
    check(Mine(4), Theirs(4), false, Mine(4));
    check(Mine(4), Theirs(4), true, Theirs(NOW));
    check(Mine(4), Theirs(5), false, Theirs(NOW));
    check(Expired(4), Theirs(3), false, Theirs(NOW));
}

#[test]
fn a_removed_session_comes_back_only_as_a_newer_one() {
    check(Tombstone(4), Theirs(3), true, Tombstone(4));
    check(Tombstone(4), Theirs(4), true, Tombstone(4));
    check(Tombstone(4), Theirs(5), false, Theirs(NOW));
}

#[test]
fn a_removal_elsewhere_removes_what_is_older_here() {
    check(Nothing, Tombstone(3), false, Tombstone(3));
    check(Mine(4), Tombstone(3), true, Mine(4));
    check(Mine(4), Tombstone(4), false, Tombstone(4));
    check(Mine(4), Tombstone(5), false, Tombstone(5));
    check(Tombstone(4), Tombstone(3), false, Tombstone(4));
    check(Tombstone(4), Tombstone(5), false, Tombstone(5));
    check(Expired(4), Tombstone(3), false, Tombstone(3));
}

#[test]
fn a_repeated_copy_is_confirmed_only_when_the_first_one_is_on_disk() {
    let volume = MemoryVolume::default();
    let world = prepared(&volume, Nothing, Since::JustNow);
    let twice =
        [theirs(3), Parcel::Tombstone { key: Stored::new(b"gone", b""), epoch: 3, age: Duration::ZERO }];
    for parcel in twice.iter().chain(&twice) {
        let queued = world.store.scrape().journal_queue_records;
        let store = std::sync::Arc::clone(&world.store);
        // Polled once, so nothing is committed.
        let admitted =
            futures_util::FutureExt::now_or_never(async move { store.admit(NOW, parcel, false).await });
        let admitted = admitted.unwrap().unwrap();
        assert_eq!(world.store.scrape().journal_queue_records, queued + u64::from(admitted.taken));
        let version = admitted.version.unwrap();
        let waits = futures_util::FutureExt::now_or_never(world.store.durable(version)).is_none();
        assert!(waits, "confirmed before the disk, so both copies could be lost");
    }
}

#[test]
fn a_removal_is_remembered_for_ten_minutes_in_all() {
    let volume = MemoryVolume::default();
    let mut world = prepared(&volume, Nothing, Since::JustNow);
    let age = Duration::from_millis(6 * MINUTE);
    let tombstone = Parcel::Tombstone { key: Stored::new(KEY.as_bytes(), b""), epoch: 3, age };
    assert_eq!(world.admit(&tombstone, false), Ok(true));
    world.clock.advance_millis(4 * MINUTE - 1);
    (0..64).fold(0, |from, _| world.store.sweep(from));
    assert_eq!(found(&mut world), Tombstone(3));
    world.clock.advance_millis(1);
    (0..64).fold(0, |from, _| world.store.sweep(from));
    assert_eq!(found(&mut world), Nothing);
}

#[test]
fn a_full_disk_takes_no_session_but_what_replaces_one() {
    for (local, expected) in [
        (Nothing, Err(Unavailable::DiskFull)),
        (Tombstone(2), Err(Unavailable::DiskFull)),
        (Expired(2), Err(Unavailable::DiskFull)),
        (Mine(2), Ok(true)),
    ] {
        let volume = MemoryVolume::default();
        let mut world = prepared(&volume, local, Since::OnDisk);
        world.store.report_full_disk();
        assert_eq!(world.admit(&theirs(3), false), expected, "{local:?}");
    }
}

#[test]
fn at_another_epoch_nothing_is_taken() {
    let volume = MemoryVolume::default();
    let mut world = prepared(&volume, Mine(4), Since::OnDisk);
    world.store.enter(NOW + 1);
    assert_eq!(world.admit(&theirs(5), true), Err(Unavailable::Moved));
    assert_eq!(found(&mut world), Mine(4));
    world.store.enter(NOW);
    assert_eq!(world.store.epoch(), NOW + 1, "epochs rise");
}

#[test]
fn a_command_at_another_epoch_changes_nothing() {
    let volume = MemoryVolume::default();
    let mut world = prepared(&volume, Mine(4), Since::OnDisk);
    let queued = world.execute("other", set(), b"decided in time");
    world.store.enter(NOW + 1);
    for command in [Command::Get, Command::Acquire, Command::Touch, set(), remove()] {
        assert!(matches!(world.execute(KEY, command, b"late"), Execution::Moved), "{command:?}");
    }
    assert_eq!(found(&mut world), Mine(4));
    // What was decided before is answered all the same.
    assert!(world.settle(queued, "other", set(), b"decided in time").is_ok());
}
