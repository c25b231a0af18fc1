//! Data directories that are not what they were: a clear message, nothing overwritten, and with
//! `salvage` everything that can still be read.

use std::collections::BTreeMap;

use cloakroom_node::disk::segment::SUFFIX;
use cloakroom_node::metrics::Lost;
use cloakroom_node::store::{Settings, Unavailable};
use cloakroom_session::Command;

use crate::memory_volume::MemoryVolume;
use crate::world::{World, set, small_settings};

const SESSIONS: usize = 40;

fn key(n: usize) -> String {
    format!("session-{n}")
}

fn body(n: usize) -> Vec<u8> {
    // Random-looking, so that it is stored as it is and can be found on the volume.
    (0..700).map(|at| u8::try_from((n * 31 + at * at * 7 + at / 3) % 251).unwrap()).collect()
}

/// A store that was killed with sessions in several segments, none of them in a checkpoint.
fn killed() -> MemoryVolume {
    let volume = MemoryVolume::default();
    let mut world = World::open(&volume, settings()).unwrap();
    for n in 0..SESSIONS {
        world.run(&key(n), set(), &body(n)).unwrap();
    }
    volume
}

fn settings() -> Settings {
    Settings { compress_from: None, ..small_settings() }
}

fn segments(volume: &MemoryVolume) -> BTreeMap<String, Vec<u8>> {
    volume.files().into_iter().filter(|(name, _)| name.ends_with(SUFFIX)).collect()
}

/// Where the body of session `n` lies.
fn find(volume: &MemoryVolume, n: usize) -> (String, usize) {
    let body = body(n);
    let found = segments(volume).into_iter().find_map(|(name, bytes)| {
        bytes.windows(body.len()).position(|window| window == body).map(|at| (name, at))
    });
    found.expect("the body is on the volume")
}

fn intact(world: &mut World) -> usize {
    (0..SESSIONS).filter(|&n| world.read(&key(n)) == Some(body(n))).count()
}

#[track_caller]
fn refused(volume: &MemoryVolume, message: &str) {
    let before = segments(volume);
    let error = World::open(volume, settings()).err().expect("the damage is noticed").to_string();
    assert!(error.contains(message), "{error:?} does not say {message:?}");
    assert_eq!(segments(volume), before, "a refused start changed the journal");
}

#[track_caller]
fn salvaged(volume: &MemoryVolume, expected: usize) -> World {
    let mut world = World::open(volume, Settings { salvage: true, ..settings() }).unwrap();
    assert_eq!(intact(&mut world), expected);
    world
}

#[test]
fn a_torn_end_is_cut() {
    let volume = killed();
    let (name, at) = find(&volume, SESSIONS - 1);
    volume.damage(&name, |bytes| bytes[at + 5] ^= 1);
    // Nobody can tell this from a batch that was never finished: only the last one is gone.
    let mut world = World::open(&volume, settings()).unwrap();
    assert_eq!(intact(&mut world), SESSIONS - 1);
    world.run("new", set(), b"after the cut").unwrap();
    drop(world);
    assert_eq!(World::open(&volume, settings()).unwrap().read("new").unwrap(), b"after the cut");
}

#[test]
fn a_flipped_bit_is_damage() {
    let volume = killed();
    let (name, at) = find(&volume, 3);
    volume.damage(&name, |bytes| bytes[at + 5] ^= 1);
    refused(&volume, &format!("journal segment {name} is damaged"));
    let world = salvaged(&volume, SESSIONS - 1);
    assert_eq!(world.metrics.sessions_lost.get(Lost::Corrupt), 1);
}

#[test]
fn a_missing_segment_is_named() {
    for which in [0, 1, 2] {
        let volume = killed();
        let names: Vec<_> = segments(&volume).into_keys().collect();
        let lost = (0..SESSIONS).filter(|&n| find(&volume, n).0 == names[which]).count();
        assert!(lost > 0, "the test must lose something");
        volume.delete(&names[which]);
        let before = segments(&volume);
        let error = World::open(&volume, settings()).err().expect("noticed").to_string();
        assert!(error.contains("missing"), "{error}");
        assert_eq!(segments(&volume), before);
        let world = salvaged(&volume, SESSIONS - lost);
        assert!(world.metrics.sessions_lost.get(Lost::Corrupt) > 0);
    }
}

#[test]
fn a_missing_last_segment_is_noticed() {
    let volume = killed();
    let (name, _) = find(&volume, SESSIONS - 1);
    volume.delete(&name);
    for (later, _) in segments(&volume).into_iter().filter(|(later, _)| *later > name) {
        volume.delete(&later);
    }
    refused(&volume, "missing");
}

#[test]
fn a_segment_that_the_checkpoint_needs_is_named() {
    let volume = killed();
    World::open(&volume, settings()).unwrap().stop();
    let (name, _) = find(&volume, 0);
    let lost = (0..SESSIONS).filter(|&n| find(&volume, n).0 == name).count();
    volume.delete(&name);
    refused(&volume, &format!("journal segment {name} is missing"));
    let world = salvaged(&volume, SESSIONS - lost);
    assert_eq!(world.metrics.sessions_lost.get(Lost::MissingSegment), lost as u64);
}

#[test]
fn foreign_and_newer_files_are_left_alone() {
    let named = |volume: &MemoryVolume, bytes: Vec<u8>| {
        let again: Vec<_> =
            volume.files().into_iter().chain([(format!("00000000000000ff{SUFFIX}"), bytes)]).collect();
        MemoryVolume::holding(again)
    };
    let volume = killed();
    refused(&named(&volume, b"somebody's diary ".repeat(20)), "is not a segment of a session journal");

    let mut newer = segments(&volume).into_values().next().unwrap();
    newer[8] = 9;
    refused(&named(&volume, newer), "has format 9, and this version reads formats up to 1");

    let mut other = MemoryVolume::default().files();
    other.extend(segments(&volume));
    refused(&MemoryVolume::holding(other), "holds journal segments but no index.redb");

    let index = |bytes: Vec<u8>| {
        let mut files = volume.files();
        files.insert("index.redb".to_owned(), bytes);
        MemoryVolume::holding(files)
    };
    refused(&index(b"not a database at all ".repeat(500)), "is not an index of a session store");
}

#[test]
fn a_session_that_cannot_be_read_is_lost_aloud_and_alone() {
    let volume = killed();
    World::open(&volume, settings()).unwrap().stop();
    let (name, at) = find(&volume, 7);
    volume.damage(&name, |bytes| bytes[at + 5] ^= 1);
    let mut world = World::open(&volume, settings()).unwrap();
    let answer = world.run(&key(7), Command::Get, b"");
    assert_eq!(answer.unwrap_err(), Unavailable::Unreadable, "the truth is: could not look");
    assert_eq!(world.metrics.sessions_lost.get(Lost::Corrupt), 1);
    assert_eq!(world.read(&key(7)), None);
    assert_eq!(intact(&mut world), SESSIONS - 1);
}

#[test]
fn a_bad_sector_in_an_old_segment_is_avoided_and_the_node_goes_on() {
    let volume = killed();
    World::open(&volume, settings()).unwrap().stop();
    let (name, at) = find(&volume, 0);
    let mut world = World::open(&volume, settings()).unwrap();
    volume.break_reads(&name, at);
    // Enough is overwritten that compaction wants every old segment.
    for round in 0..6 {
        for n in 1..SESSIONS {
            world.run(&key(n), set(), &body(n + round)).unwrap();
        }
        world.housekeeper.tick().unwrap();
    }
    for n in 1..SESSIONS {
        assert_eq!(world.read(&key(n)).unwrap(), body(n + 5));
    }
    assert_eq!(world.run(&key(0), Command::Get, b"").unwrap_err(), Unavailable::Unreadable);
}
