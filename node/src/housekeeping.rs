//! The thread that keeps the disk tier tidy: the next segment ahead of need, checkpoints, compaction.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::disk::checkpoint::{Catalog, CheckpointError};
use crate::disk::compaction::Compactor;
use crate::disk::reserve::{self, Reserve};
use crate::disk::volume::{Volume, is_out_of_descriptors};
use crate::metrics::{Metrics, Written};
use crate::store::Store;

/// How often it looks, unless the spare segment is taken earlier.
const PAUSE: Duration = Duration::from_millis(100);

/// One store's housekeeping.
#[derive(Debug)]
pub struct Housekeeper {
    store: Arc<Store>,
    volume: Arc<dyn Volume>,
    metrics: Arc<Metrics>,
    /// Gone only between a failed checkpoint and the next attempt.
    catalog: Option<Catalog>,
    compactor: Compactor,
    written_at_checkpoint: u64,
    stop: Arc<AtomicBool>,
}

impl Housekeeper {
    /// Housekeeping that ends when `stop` is set.
    pub fn new(
        store: Arc<Store>,
        volume: Arc<dyn Volume>,
        metrics: Arc<Metrics>,
        catalog: Catalog,
        stop: Arc<AtomicBool>,
    ) -> Self {
        Self {
            compactor: store.compactor(),
            store,
            volume,
            metrics,
            catalog: Some(catalog),
            written_at_checkpoint: 0,
            stop,
        }
    }

    /// Works until told to stop; returns the checkpoint file for the last checkpoint.
    ///
    /// # Errors
    /// A write or sync that failed for another reason than room: the process must end.
    pub fn run(mut self) -> Result<Catalog, CheckpointError> {
        while !self.stop.load(Ordering::Acquire) {
            match self.tick() {
                Err(CheckpointError::Io(error)) if is_out_of_descriptors(&error) => {
                    tracing::warn!(%error, "housekeeping waits for a file descriptor");
                }
                done => done?,
            }
            self.store.pause_housekeeping(PAUSE);
        }
        self.into_catalog()
    }

    /// Gives the checkpoint file up for the last checkpoint.
    ///
    /// # Errors
    /// As [`Housekeeper::run`].
    pub fn into_catalog(mut self) -> Result<Catalog, CheckpointError> {
        self.catalog()?;
        // The last checkpoint is what its room was kept back for; after it there is none to come.
        reserve::release(self.volume.as_ref(), Reserve::Checkpoint)?;
        self.catalog.take().ok_or_else(|| io::Error::other("the index was not reopened").into())
    }

    /// Does what is due.
    ///
    /// # Errors
    /// As [`Housekeeper::run`].
    pub fn tick(&mut self) -> Result<(), CheckpointError> {
        let written = self.metrics.written_bytes.get(Written::Journal);
        if self.store.wants_checkpoint(written - self.written_at_checkpoint) && self.checkpoint()? {
            self.written_at_checkpoint = written;
        }
        self.compact()?;
        let volume = self.volume.as_ref();
        if reserve::keep(volume, Reserve::Checkpoint, self.store.checkpoint_reserve_bytes())?
            && reserve::keep(volume, Reserve::Compaction, self.store.segment_bytes())?
        {
            self.store.refill_spare()?;
        } else {
            self.store.report_full_disk();
        }
        if self.store.committer_waits() {
            // Nothing more could be cleared: what existing sessions overwrite becomes garbage only in the
            // segment behind this one, so the room kept for compaction goes there.
            reserve::release(self.volume.as_ref(), Reserve::Compaction)?;
            self.store.help_out()?;
        }
        Ok(())
    }

    /// Writes a checkpoint; false if there was no room for one.
    fn checkpoint(&mut self) -> Result<bool, CheckpointError> {
        let store = Arc::clone(&self.store);
        match store.checkpoint(self.catalog()?, false) {
            Ok(outcome) => {
                tracing::debug!(?outcome, "checkpoint");
                Ok(true)
            }
            Err(error) if error.is_full() => {
                // redb refuses everything after an error until it is opened again.
                self.catalog = None;
                self.store.report_full_disk();
                if reserve::release(self.volume.as_ref(), Reserve::Checkpoint)? {
                    return self.checkpoint();
                }
                tracing::warn!("no room for a checkpoint; trying again");
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn catalog(&mut self) -> Result<&Catalog, CheckpointError> {
        if self.catalog.is_none() {
            let (catalog, _) = Catalog::open(self.volume.as_ref())?;
            self.catalog = Some(catalog);
        }
        Ok(self.catalog.as_ref().expect("opened above"))
    }

    fn compact(&mut self) -> io::Result<()> {
        let (store, stop) = (Arc::clone(&self.store), Arc::clone(&self.stop));
        let mut moved = 0;
        let mut paced = |bytes: usize| {
            moved += bytes;
            store.pace_compaction(bytes);
            // Now and then the spare and the checkpoint want a look as well.
            moved < SLICE_BYTES && !stop.load(Ordering::Acquire)
        };
        loop {
            match self.store.compact(&mut self.compactor, &mut paced) {
                Ok(true) if paced(0) => {}
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::StorageFull => {
                    self.store.report_full_disk();
                    // Again at once, before the room is kept back anew.
                    if !reserve::release(self.volume.as_ref(), Reserve::Compaction)? {
                        return Ok(());
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Compaction looks up after this many bytes.
const SLICE_BYTES: usize = 8 << 20;
