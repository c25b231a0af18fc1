//! What the committer and the compactor tell the index.

use std::time::Duration;

use super::{Place, Store};
use crate::disk::Extent;
use crate::disk::committer::Publish;
use crate::disk::compaction::Relocate;
use crate::disk::queue::Change;
use crate::disk::record::Kind;
use crate::metrics::Written;

impl Publish for Store {
    fn durable(&self, version: u64, change: &Change, extent: Option<Extent>) {
        let place = Place { full: change.hash };
        let segments = &self.journal.segments;
        match (change.kind, extent) {
            (Kind::Put, Some(extent)) => {
                let mut shard = self.shard(place).lock();
                shard.durable(place.slot(), version, change.entry, extent, segments);
            }
            (Kind::Remove, _) => self.shard(place).lock().removed(place.slot(), version, segments),
            // A session moves only once all of it is on disk, so there is nothing that could come after it.
            (Kind::Touch | Kind::Moved, _) | (Kind::Put, None) => {}
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "metrics are floating-point numbers")]
    fn batch(&self, records: usize, bytes: usize, elapsed: Duration) {
        self.metrics.commit_seconds.observe(elapsed.as_secs_f64());
        self.metrics.batch_records.observe(records as f64);
        self.metrics.batch_bytes.observe(bytes as f64);
        self.metrics.written_bytes.inc_by(Written::Journal, bytes as u64);
    }

    fn now_millis(&self) -> u64 {
        self.now().as_millis()
    }

    fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }
}

impl Relocate for Store {
    fn wants(&self, hash: u64, extent: Extent) -> bool {
        let place = Place { full: hash };
        self.shard(place).lock().on_disk(place.slot()) == Some(extent)
    }

    fn relocate(&self, hash: u64, from: Extent, to: Extent) {
        let place = Place { full: hash };
        self.shard(place).lock().relocate(place.slot(), from, to, &self.journal.segments);
    }
}
