//! What earlier programs wrote is read as what it meant.

use cloakroom_node::disk::record::{Kind, RecordHead, encode};
use cloakroom_node::disk::segment::{BATCH_HEAD_BYTES, BatchHead, SEGMENT_HEAD_BYTES, Salt};
use cloakroom_node::store::{Held, Settings};
use cloakroom_session::{Entry, Time, Timeout};

use crate::memory_volume::MemoryVolume;
use crate::world::{IDENTITY, World, set, small_settings};

/// Appends a batch with one record that has neither key nor body to the journal's last segment.
fn append(volume: &MemoryVolume, head: RecordHead) {
    let salt = Salt::of(&IDENTITY.id);
    let name = volume.files().into_keys().rfind(|name| name.ends_with(".journal")).unwrap();
    volume.damage(&name, |bytes| {
        let (mut at, mut last) = (SEGMENT_HEAD_BYTES, None);
        while let Some(batch) = BatchHead::decode(&bytes[at..], salt) {
            at += BATCH_HEAD_BYTES + batch.record_bytes as usize;
            last = Some(batch);
        }
        let mut record = Vec::new();
        let record_bytes = u32::try_from(encode(&mut record, &head, None)).unwrap();
        let last = last.unwrap();
        let batch = BatchHead { number: last.number + 1, record_bytes, ..last }.encode(salt);
        bytes[at..at + BATCH_HEAD_BYTES].copy_from_slice(&batch);
        bytes[at + BATCH_HEAD_BYTES..][..record.len()].copy_from_slice(&record);
    });
}

/// The keyed hash in the one put of the journal.
fn hash(volume: &MemoryVolume, key: &[u8]) -> u64 {
    let found = volume.files().into_values().find_map(|bytes| {
        let at = bytes.windows(key.len()).position(|window| window == key)?;
        Some(u64::from_le_bytes(bytes[at - 24..at - 16].try_into().unwrap()))
    });
    found.unwrap()
}

#[test]
fn a_removal_without_a_key_removes_and_cannot_be_told_to_others() {
    let volume = MemoryVolume::default();
    let settings = Settings { checkpoint_bytes: 1 << 30, ..small_settings() };
    let mut world = World::open(&volume, settings.clone()).unwrap();
    world.run("visitor", set(), b"cart").unwrap();
    drop(world);
    let entry = Entry {
        timeout: Timeout::DEFAULT,
        uninitialised: false,
        cookie: 1,
        locked_since: None,
        deadline: Time::ZERO,
    };
    let hash = hash(&volume, b"visitor");
    append(&volume, RecordHead { kind: Kind::Remove, version: 2, epoch: 0, hash, entry });

    let mut world = World::open(&volume, settings).unwrap();
    assert_eq!(world.held("visitor"), Ok(Held::Tombstone { epoch: 0 }));
    assert_eq!(world.parcels(false).unwrap().len(), 0);
    assert_eq!(world.read("visitor"), None);
}
