//! Power cuts: what was not synced is lost, torn or out of order, and everything answered is back.

use std::collections::{BTreeMap, BTreeSet};

use crate::memory_volume::{FileId, MemoryVolume, Op};
use crate::world::{Choices, Ledger, World, remove, set, small_settings};

/// Crash images in a test run; `CLOAKROOM_POWER_CUTS` asks for another number.
const IMAGES: usize = 10_000;
const KEYS: usize = 24;

struct Recording {
    log: Vec<Op>,
    ledger: Ledger,
}

/// A run with overwrites, removals, sessions that come from and go to another node, checkpoints,
/// compaction and a restart in the middle.
fn record(seed: u64) -> Recording {
    let volume = MemoryVolume::default();
    volume.record();
    let mut ledger = Ledger::default();
    let mut choices = Choices::new(seed);
    let mut tag = 0;
    for life in 0..3 {
        let mut world = World::open(&volume, small_settings()).unwrap();
        for _ in 0..40 {
            let mut asked = BTreeSet::new();
            for _ in 0..=choices.below(6) {
                let key = format!("key-{}", choices.below(KEYS));
                // Two writes of one session in one batch are one more case, but a ledger of sets needs no order.
                if !asked.insert(key.clone()) {
                    continue;
                }
                tag += 1;
                let body = choices.body(tag);
                match choices.below(16) {
                    0 | 1 => {
                        ledger.ask(&key, None, volume.log_len());
                        let _ = world.execute(&key, remove(), b"");
                    }
                    2 | 3 => {
                        ledger.ask(&key, Some(body.clone()), volume.log_len());
                        assert!(world.receive(&key, &body));
                    }
                    _ => {
                        ledger.ask(&key, Some(body.clone()), volume.log_len());
                        let _ = world.execute(&key, set(), &body);
                    }
                }
            }
            if choices.below(3) == 0
                && let Some(key) = world.give_away(&mut choices)
            {
                ledger.ask(&key, None, volume.log_len());
            }
            // A checkpoint may find changes that are not on disk yet.
            if choices.below(4) == 0 {
                world.housekeeper.tick().unwrap();
            }
            world.commit().unwrap();
            ledger.answer_all(volume.log_len());
            if choices.below(3) == 0 {
                world.housekeeper.tick().unwrap();
            }
        }
        if life == 1 {
            world.stop();
        }
    }
    Recording { log: volume.take_log(), ledger }
}

#[derive(Default)]
struct Disk {
    synced_names: BTreeMap<String, FileId>,
    pending_names: Vec<Op>,
    synced: Vec<Vec<u8>>,
    pending: Vec<Vec<Op>>,
}

impl Disk {
    fn apply(&mut self, op: &Op) {
        match op {
            Op::Create { file, bytes, .. } => {
                assert_eq!(*file, self.synced.len());
                self.synced.push(Vec::new());
                self.pending.push(vec![Op::SetLen { file: *file, bytes: usize::try_from(*bytes).unwrap() }]);
                self.pending_names.push(op.clone());
            }
            Op::Remove { .. } | Op::Rename { .. } => self.pending_names.push(op.clone()),
            Op::SyncNames => {
                for op in std::mem::take(&mut self.pending_names) {
                    rename(&mut self.synced_names, &op);
                }
            }
            Op::Write { file, .. } | Op::SetLen { file, .. } => self.pending[*file].push(op.clone()),
            Op::Sync { file } => {
                for op in std::mem::take(&mut self.pending[*file]) {
                    write(&mut self.synced[*file], &op, usize::MAX);
                }
            }
        }
    }

    /// What may be found after the power came back.
    fn image(&self, choices: &mut Choices) -> MemoryVolume {
        let mut names = self.synced_names.clone();
        // The file system keeps the order of names, but may lose the last of them.
        let kept = choices.below(self.pending_names.len() + 1);
        self.pending_names[..kept].iter().for_each(|op| rename(&mut names, op));
        let files = names.into_iter().map(|(name, file)| {
            let mut bytes = self.synced[file].clone();
            let mut pending: Vec<_> = self.pending[file].iter().collect();
            match choices.below(3) {
                0 => pending.clear(),
                1 => {}
                _ => {
                    pending.retain(|_| choices.below(2) == 0);
                    for at in (1..pending.len()).rev() {
                        pending.swap(at, choices.below(at + 1));
                    }
                }
            }
            for op in pending {
                let torn_at = match (op, choices.below(4)) {
                    (Op::Write { bytes, .. }, 0) => {
                        let granule = [1, 512, 4096][choices.below(3)];
                        choices.below(bytes.len() + 1) / granule * granule
                    }
                    _ => usize::MAX,
                };
                write(&mut bytes, op, torn_at);
            }
            (name, bytes)
        });
        MemoryVolume::holding(files.collect::<Vec<_>>())
    }
}

fn rename(names: &mut BTreeMap<String, FileId>, op: &Op) {
    match op {
        Op::Create { name, file, .. } => names.insert(name.clone(), *file),
        Op::Remove { name } => names.remove(name),
        Op::Rename { from, to } => {
            let file = names.remove(from).expect("only what exists is renamed");
            names.insert(to.clone(), file)
        }
        _ => unreachable!("only changes of names are kept here"),
    };
}

fn write(content: &mut Vec<u8>, op: &Op, torn_at: usize) {
    match op {
        Op::SetLen { bytes, .. } => content.resize(*bytes, 0),
        Op::Write { offset, bytes, .. } => {
            let bytes = &bytes[..bytes.len().min(torn_at)];
            let end = offset + bytes.len();
            if content.len() < end {
                content.resize(end, 0);
            }
            content[*offset..end].copy_from_slice(bytes);
        }
        _ => unreachable!("only a file's own changes are kept for it"),
    }
}

fn check(recording: &Recording, moment: usize, image: &MemoryVolume, what: &str) {
    let mut world = match World::open(image, small_settings()) {
        Ok(world) => world,
        Err(error) => panic!("{what}: {error}"),
    };
    for key in recording.ledger.0.keys() {
        let found = world.read(key);
        let allowed = recording.ledger.allowed(key, moment);
        assert!(
            allowed.contains(&found),
            "{what}: {key} is {:?}, not one of {:?}",
            found.map(|body| String::from_utf8_lossy(&body[..body.len().min(12)]).into_owned()),
            allowed
                .iter()
                .map(|body| body
                    .as_ref()
                    .map(|body| String::from_utf8_lossy(&body[..body.len().min(12)]).into_owned()))
                .collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_power_cut_loses_nothing_that_was_answered() {
    let images = std::env::var("CLOAKROOM_POWER_CUTS").map_or(IMAGES, |number| number.parse().unwrap());
    let mut made = 0;
    let mut seed = 0;
    while made < images {
        seed += 1;
        let recording = record(seed);
        let mut choices = Choices::new(seed ^ 0xdead_beef);
        let mut disk = Disk::default();
        for (moment, op) in recording.log.iter().enumerate() {
            // Between any two calls, more often where something is not synced.
            let cuts = usize::from(choices.below(2) == 0);
            for _ in 0..cuts {
                let image = disk.image(&mut choices);
                check(&recording, moment, &image, &format!("seed {seed}, cut before call {moment}"));
                made += 1;
                if made % 8 == 0 {
                    cut_during_recovery(&recording, moment, &image, &mut choices, seed);
                    made += 1;
                }
            }
            disk.apply(op);
        }
    }
    println!("{made} crash images from {seed} recorded runs");
}

/// The power goes again while the node starts.
fn cut_during_recovery(
    recording: &Recording,
    moment: usize,
    image: &MemoryVolume,
    choices: &mut Choices,
    seed: u64,
) {
    let files = image.files();
    let again = MemoryVolume::default();
    again.record();
    for (name, bytes) in &files {
        let file = again.as_volume().create(name, bytes.len() as u64).unwrap();
        file.write_at(bytes, 0).unwrap();
        file.sync().unwrap();
    }
    again.as_volume().sync().unwrap();
    let prepared = again.log_len();
    drop(World::open(&again, small_settings()).unwrap());
    let log = again.take_log();
    let cut = prepared + choices.below(log.len() - prepared + 1);
    let mut disk = Disk::default();
    log[..cut].iter().for_each(|op| disk.apply(op));
    let image = disk.image(choices);
    check(
        recording,
        moment,
        &image,
        &format!("seed {seed}, cut before call {moment} and again before call {cut} of recovery"),
    );
}
