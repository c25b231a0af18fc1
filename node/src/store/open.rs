//! Opening a store and closing it again.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::JoinHandle;

use cloakroom_session::Time;
use parking_lot::Mutex;

use super::hot::Hot;
use super::rebuild::Rebuilding;
use super::{Settings, Store};
use crate::clock::Clock;
use crate::disk::checkpoint::{Catalog, CheckpointError, Identity};
use crate::disk::committer::{Committer, Start};
use crate::disk::queue::Queue;
use crate::disk::recovery::{self, RecoveryError, recover};
use crate::disk::reserve::{self, Reserve};
use crate::disk::segment::{BATCH_HEAD_BYTES, BatchHead, Purpose, SEGMENT_HEAD_BYTES};
use crate::disk::segments::{Segment, Segments};
use crate::disk::spare::Spare;
use crate::disk::volume::Volume;
use crate::disk::{Journal, Position};
use crate::metrics::{Lost, Metrics};

/// Cold reads that may wait for the device at the same time.
const COLD_READS_AT_ONCE: usize = 64;
/// An unclean stop may have given out versions that never reached the disk; these are skipped.
const VERSIONS_SKIPPED: u64 = 1 << 20;

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data directory's content.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// The first write.
    #[error("writing to the data directory: {0}")]
    Io(#[from] io::Error),
}

/// Why the last words of a store could not be written. Nothing acknowledged is lost: the next start
/// replays the journal.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// The journal.
    #[error("the journal: {0}")]
    Journal(#[from] io::Error),
    /// The committer's thread panicked.
    #[error("the committer ended unexpectedly")]
    Committer,
    /// The housekeeping thread panicked.
    #[error("housekeeping ended unexpectedly")]
    Housekeeping,
    /// The checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// A store, its committer (not yet running) and its checkpoint file.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Arc<Store>,
    /// Give it a thread, or call it.
    pub committer: Committer<Store>,
    /// Where checkpoints go.
    pub catalog: Catalog,
    /// Changes replayed.
    pub replayed: u64,
    /// Whether the last run ended without a clean stop.
    pub unclean: bool,
    /// Whether the store was made by this call.
    pub created: bool,
}

/// A segment to begin with. On a full disk the room kept back for clearing it is used: without a
/// start nothing would ever be cleared.
fn create_first(volume: &dyn Volume, segments: &Segments) -> io::Result<Arc<Segment>> {
    match segments.create(Purpose::Journal, 0) {
        Err(error) if error.kind() == io::ErrorKind::StorageFull => {
            if !reserve::release(volume, Reserve::Compaction)? {
                return Err(error);
            }
            segments.create(Purpose::Journal, 0)
        }
        done => done,
    }
}

impl Store {
    /// Opens the store on `volume`, or makes one. `progress` is told the part of the work that is done.
    ///
    /// # Errors
    /// [`OpenError`]; a data directory that is not understood is left as it is.
    pub fn open(
        volume: &Arc<dyn Volume>,
        settings: Settings,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
        new_identity: impl FnOnce() -> Identity,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Opened, OpenError> {
        let mut rebuilding = Rebuilding::new(settings.backed, settings.through, progress);
        let how = recovery::Settings { segment_bytes: settings.segment_bytes, salvage: settings.salvage };
        let recovered = recover(volume, how, new_identity, &mut rebuilding)?;
        let now = Time::from_millis(recovered.now_millis);
        let shards = rebuilding.into_shards(now, recovered.unclean, settings.lifetime_max);
        metrics.sessions_lost.inc_by(Lost::Corrupt, recovered.lost.corrupt);
        metrics.sessions_lost.inc_by(Lost::MissingSegment, recovered.lost.missing);

        let segments = recovered.segments;
        let active = match recovered.reusable {
            Some(unused) => unused,
            None => create_first(volume.as_ref(), &segments)?,
        };
        for empty in &recovered.empty {
            segments.delete(empty)?;
        }
        // An unfinished batch in one of them must not come back behind batches that are yet to be written.
        volume.sync()?;
        let mut next_batch = recovered.next_batch.max(1);
        if let Some(ended) = recovered.unsealed {
            let offset = ended.used();
            let seal = BatchHead::seal(next_batch, recovered.now_millis);
            ended.file.write_at(&seal.encode(segments.salt()), offset)?;
            ended.file.sync()?;
            ended.set_used(offset + BATCH_HEAD_BYTES as u64);
            next_batch += 1;
        }
        let version = recovered.version + if recovered.unclean { VERSIONS_SKIPPED } else { 0 };
        let journal = Arc::new(Journal {
            queue: Queue::new(settings.queue_bytes, version),
            segments,
            spare: Spare::default(),
            published: Mutex::new(Position::default()),
        });
        let start = Start { active, next_batch, window: settings.commit_window };
        let store = Arc::new(Self {
            shards,
            epoch: AtomicU64::new(0),
            hash_key: recovered.identity.hash_key,
            hot: Hot::new(settings.hot_tier_bytes, Arc::clone(&metrics)),
            journal: Arc::clone(&journal),
            base: now,
            started: clock.elapsed(),
            clock,
            settings,
            metrics,
            cold_reads: tokio::sync::Semaphore::new(COLD_READS_AT_ONCE),
        });
        let mut committer = Committer::new(journal, Arc::clone(&store), start);
        // From here on a stop that is not clean is seen to be one.
        committer.mark()?;
        Ok(Opened {
            store,
            committer,
            catalog: recovered.catalog,
            replayed: recovered.replayed,
            unclean: recovered.unclean,
            created: recovered.created,
        })
    }

    /// Ends the journal and writes the last checkpoint. `committer` is the running thread.
    ///
    /// # Errors
    /// [`StopError`]; the next start then replays the journal, and nothing acknowledged is lost.
    pub fn stop(&self, committer: JoinHandle<io::Result<()>>, catalog: Catalog) -> Result<(), StopError> {
        self.journal.queue.stop();
        match committer.join() {
            Ok(result) => result?,
            Err(_) => return Err(StopError::Committer),
        }
        self.checkpoint(&catalog, true)?;
        catalog.close()?;
        // What was reserved ahead is given back while nobody writes.
        for segment in self.journal.segments.all() {
            if segment.used() > SEGMENT_HEAD_BYTES as u64 {
                segment.finish()?;
            } else {
                self.journal.segments.delete(&segment)?;
            }
        }
        Ok(())
    }
}
