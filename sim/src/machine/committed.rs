//! What a batch put on disk, read back from its bytes.

use cloakroom_node::disk::record::{Kind, decode};
use cloakroom_node::disk::segment::{BATCH_HEAD_BYTES, BatchHead, Salt};
use cloakroom_node::disk::volume::memory::Op;
use cloakroom_ring::{invariant, key_hash};

use super::process::IDENTITY;
use crate::rings::Rings;

/// One session that became durable.
#[derive(Clone, Debug)]
pub(super) struct Put {
    key: Vec<u8>,
    epoch: u64,
}

/// The sessions in the batches among `ops`.
pub(super) fn puts(ops: &[Op]) -> Vec<Put> {
    let written = ops.iter().filter_map(|op| match op {
        Op::Write { bytes, .. } => Some(bytes.as_slice()),
        _ => None,
    });
    let salt = Salt::of(&IDENTITY.id);
    let batches = written.filter(|bytes| BatchHead::decode(bytes, salt).is_some());
    batches.flat_map(|batch| of_batch(&batch[BATCH_HEAD_BYTES..])).collect()
}

fn of_batch(mut records: &[u8]) -> Vec<Put> {
    let mut puts = Vec::new();
    while let Ok(record) = decode(records) {
        if record.head.kind == Kind::Put {
            puts.push(Put { key: record.key.to_vec(), epoch: record.head.epoch });
        }
        records = &records[record.bytes..];
    }
    puts
}

impl Put {
    /// The rule that this put breaks, if the node `name` made it after it had `entered` an epoch: once a node acts on a
    /// ring it decides nothing by an earlier one, and only a session's owner changes it.
    pub(super) fn broken(&self, name: &str, entered: u64, rings: &Rings) -> Option<String> {
        let (key, epoch) = (String::from_utf8_lossy(&self.key), self.epoch);
        if !invariant::epochs_rise(entered, epoch) {
            return Some(format!("{name} put {key} at epoch {epoch}, when it acted on {entered}"));
        }
        match rings.may_change(name, epoch, key_hash(&self.key)) {
            Some(true) => None,
            Some(false) => Some(format!("{name} put {key} at epoch {epoch}, where it does not own it")),
            None => Some(format!("{name} put {key} at epoch {epoch}, which was never published")),
        }
    }
}
