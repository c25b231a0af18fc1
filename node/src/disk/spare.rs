//! Segments ahead of need, and what is known about the disk's fullness.
//!
//! Creating a segment costs two syncs, so it happens beside the committer. The spares are also the
//! reserve of existing sessions: when no further one can be made the disk counts as full and new
//! sessions are refused. There are three, so that two are left then: what overwrites leave behind can be
//! cleared only once the segment in which they were written has been followed by another.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::segment::Purpose;
use super::segments::{Segment, Segments};

/// How many segments are kept ahead.
const SPARES: usize = 3;

/// The next journal segments, made ahead.
#[derive(Debug, Default)]
pub struct Spare {
    /// The oldest last, since segments are used in the order in which they were made.
    segments: Mutex<Vec<Arc<Segment>>>,
    taken: Condvar,
    full: AtomicBool,
    /// The committer stands still for want of a segment.
    wanted: AtomicBool,
}

impl Spare {
    /// Whether the last attempt to reserve room failed for want of it.
    pub fn disk_is_full(&self) -> bool {
        self.full.load(Ordering::Acquire)
    }

    /// Makes what spares are missing, as long as another one `fits`.
    ///
    /// # Errors
    /// The volume's, but for a full disk: that is noted, not an error.
    pub fn refill(&self, segments: &Segments, fits: impl Fn() -> bool) -> io::Result<()> {
        while self.segments.lock().len() < SPARES {
            if !fits() {
                self.report_full();
                return Ok(());
            }
            if !self.add(segments)? {
                self.report_full();
                return Ok(());
            }
        }
        if self.full.swap(false, Ordering::AcqRel) {
            tracing::warn!("the disk has room again: new sessions are accepted");
        }
        Ok(())
    }

    /// Notes that no room could be reserved.
    pub fn report_full(&self) {
        if !self.full.swap(true, Ordering::AcqRel) {
            tracing::error!(
                "the disk is full: new sessions are refused, existing ones go on; free space or enlarge the volume"
            );
        }
    }

    /// Whether the committer stands still for want of a segment.
    pub fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Acquire)
    }

    /// Notes whether the committer stands still.
    pub(super) fn want(&self, wanted: bool) {
        self.wanted.store(wanted, Ordering::Release);
    }

    /// Makes one segment for the committer, however full the disk counts as.
    ///
    /// # Errors
    /// The volume's, but for a full disk.
    pub fn help_out(&self, segments: &Segments) -> io::Result<()> {
        if self.add(segments)? {
            self.taken.notify_all();
        }
        Ok(())
    }

    /// Makes one more; false if there is no room.
    fn add(&self, segments: &Segments) -> io::Result<bool> {
        match segments.create(Purpose::Journal, 0) {
            Err(error) if error.kind() == io::ErrorKind::StorageFull => Ok(false),
            made => {
                self.segments.lock().insert(0, made?);
                Ok(true)
            }
        }
    }

    /// Takes the spare, so that the next [`Spare::refill`] makes another.
    pub(super) fn take(&self) -> Option<Arc<Segment>> {
        let taken = self.segments.lock().pop();
        self.taken.notify_all();
        taken
    }

    /// Waits until the spare is wanted, or for `patience`.
    pub fn pause(&self, patience: Duration) {
        let mut segments = self.segments.lock();
        self.taken.wait_for(&mut segments, patience);
    }
}
