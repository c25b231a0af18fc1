//! The index on its way from files to memory.

use std::sync::Arc;

use cloakroom_session::{Time, Timeout};
use parking_lot::Mutex;

use super::shard::Shard;
use super::stored::Stored;
use super::tombstones::Tombstone;
use super::{Place, SHARDS, coarse_millis};
use crate::disk::Extent;
use crate::disk::checkpoint::Identity;
use crate::disk::record::{Kind, Record};
use crate::disk::recovery::Rebuild;
use crate::disk::segments::Segments;

/// Shards being filled.
pub(super) struct Rebuilding<'a> {
    shards: Vec<Shard>,
    segments: Option<Arc<Segments>>,
    /// There is a backing store, which may not have what is found here.
    backed: bool,
    /// What is replayed need not be newer than what it has.
    through: bool,
    progress: &'a mut dyn FnMut(f64),
}

impl<'a> Rebuilding<'a> {
    /// Empty shards; `progress` is told the part of the work that is done.
    pub(super) fn new(backed: bool, through: bool, progress: &'a mut dyn FnMut(f64)) -> Self {
        let shards = (0..SHARDS).map(|_| Shard::default()).collect();
        Self { shards, segments: None, backed, through, progress }
    }

    fn segments(&self) -> &Arc<Segments> {
        self.segments.as_ref().expect("begin comes first")
    }

    /// The shards as they go into service at `now`.
    pub(super) fn into_shards(
        mut self,
        now: Time,
        unclean: bool,
        lifetime_max: Timeout,
    ) -> Box<[Mutex<Shard>]> {
        let segments = Arc::clone(self.segments());
        let mut expired = Vec::new();
        for shard in &mut self.shards {
            if unclean {
                // What was touched since the last coarse note must not expire early, and what was locked
                // in the lost moments must not be granted again.
                shard.mark_recovered(|entry| coarse_millis(entry.timeout, lifetime_max));
            }
            expired.clear();
            shard.sweep(now, &mut expired);
            for hash in &expired {
                shard.drop_session(*hash, &segments);
            }
        }
        self.shards.into_iter().map(Mutex::new).collect()
    }
}

impl Rebuild for Rebuilding<'_> {
    fn begin(&mut self, _: Identity, segments: Arc<Segments>) {
        self.segments = Some(segments);
    }

    fn shard(&mut self, shard: u16, copy: &[u8]) -> u64 {
        let segments = Arc::clone(self.segments());
        let mut missing = 0;
        let keep = |extent: Extent| {
            let exists = segments.get(extent.location.segment).is_some();
            if exists {
                segments.add_live(extent);
            } else {
                missing += 1;
            }
            exists
        };
        // Session time is not known yet; whatever waited, waits longest.
        self.shards[usize::from(shard)] = Shard::load(copy, self.backed, Time::ZERO, keep);
        missing
    }

    fn replay(&mut self, record: &Record<'_>, extent: Extent, now_millis: u64) {
        let segments = Arc::clone(self.segments());
        let head = &record.head;
        let place = Place { full: head.hash };
        let shard = &mut self.shards[place.shard()];
        match head.kind {
            Kind::Put => shard.replay_put(place.slot(), head.entry, head.version, extent, &segments),
            Kind::Touch => {
                if let Some(slot) = shard.get(place.slot()) {
                    shard.touch(slot, head.entry);
                }
            }
            Kind::Remove => {
                shard.drop_session(place.slot(), &segments);
                let stone = Tombstone {
                    version: head.version,
                    epoch: head.epoch,
                    since: Time::from_millis(now_millis),
                    key: (!record.key.is_empty()).then(|| Stored::new(record.key, &[])),
                };
                shard.tombstones.bury(place.slot(), stone);
            }
            Kind::Moved => {
                shard.drop_session(place.slot(), &segments);
                shard.tombstones.remove(place.slot());
            }
        }
        if self.backed && !self.through && head.kind != Kind::Moved {
            shard.note_again([place.slot()], Time::from_millis(now_millis));
        }
    }

    fn progress(&mut self, part: f64) {
        (self.progress)(part);
    }
}
