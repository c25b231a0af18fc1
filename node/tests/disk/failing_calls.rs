//! Every call to the volume fails once in some run: whatever was answered before is back afterwards.

use std::io::ErrorKind;

use cloakroom_node::store::{Execution, Settings};
use cloakroom_session::Command;

use crate::memory_volume::MemoryVolume;
use crate::world::{Choices, Ledger, World, remove, set, small_settings};

const KEYS: usize = 12;

/// A run with everything in it: start, writes, sessions that come and go, checkpoints, compaction, clean stop, start, reads from
/// disk. Ends at the first call that fails; says whether it came through.
fn run(volume: &MemoryVolume, ledger: &mut Ledger) -> bool {
    let mut choices = Choices::new(42);
    let mut tag = 0;
    for life in 0..2 {
        let Ok(mut world) = World::open(volume, settings()) else {
            return false;
        };
        for round in 0..8 {
            for n in 0..3 {
                tag += 1;
                let key = format!("key-{}", (round * 3 + n) % KEYS);
                let (command, body) =
                    if choices.below(9) == 0 { (remove(), None) } else { (set(), Some(choices.body(tag))) };
                match world.execute(&key, command, body.as_deref().unwrap_or_default()) {
                    // It was decided, so it may become true.
                    Execution::Answered(_) => ledger.ask(&key, body, tag),
                    execution => {
                        ledger.ask(&key, body.clone(), tag);
                        if world.commit().is_err() {
                            return false;
                        }
                        match world.settle(execution, &key, command, body.as_deref().unwrap_or_default()) {
                            Ok(_) => ledger.answer_all(tag),
                            Err(_) => return false,
                        }
                    }
                }
            }
            if let Some(key) = world.give_away(&mut choices) {
                ledger.ask(&key, None, tag);
            }
            tag += 1;
            let (key, body) = (format!("key-{}", choices.below(KEYS)), choices.body(tag));
            if world.receive(&key, &body) {
                ledger.ask(&key, Some(body), tag);
            }
            if world.commit().is_err() {
                return false;
            }
            ledger.answer_all(tag);
            if world.housekeeper.tick().is_err() {
                return false;
            }
            let key = format!("key-{}", choices.below(KEYS));
            let read = world.execute(&key, Command::Get, b"");
            if world.commit().is_err() || world.settle(read, &key, Command::Get, b"").is_err() {
                return false;
            }
        }
        if life == 0 && world.try_stop().is_err() {
            return false;
        }
    }
    true
}

fn settings() -> Settings {
    // No hot tier to speak of, so that reads go to the volume.
    Settings { hot_tier_bytes: 4096, ..small_settings() }
}

#[test]
fn whatever_call_fails_nothing_answered_is_lost() {
    for kind in [ErrorKind::Other, ErrorKind::StorageFull] {
        let mut call = 0;
        let calls = loop {
            call += 1;
            let volume = MemoryVolume::default();
            let mut ledger = Ledger::default();
            volume.fail_once(call, kind);
            let came_through = run(&volume, &mut ledger);
            let calls = volume.calls();
            volume.fail_once(0, kind);
            let mut world = World::open(&volume, settings())
                .unwrap_or_else(|error| panic!("after {kind:?} at call {call}: {error}"));
            for key in ledger.0.keys() {
                let found = world.read(key);
                let allowed = ledger.allowed(key, usize::MAX);
                assert!(
                    allowed.contains(&found),
                    "after {kind:?} at call {call}: {key} is not what was answered"
                );
            }
            if came_through && calls < call {
                break calls;
            }
        };
        println!("{kind:?}: {calls} calls, each failed once");
        assert!(calls > 300, "the run is too short to mean much: {calls} calls");
    }
}
