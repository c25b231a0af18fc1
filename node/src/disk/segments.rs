//! The segments that exist, and how many of their bytes are still wanted.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};

use super::extent::{Extent, SEGMENT_NUMBERS};
use super::segment::{Purpose, SEGMENT_HEAD_BYTES, Salt, SegmentHead};
use super::volume::{Volume, VolumeFile};

/// One segment file.
#[derive(Debug)]
pub struct Segment {
    /// What its head says.
    pub head: SegmentHead,
    /// Its file.
    pub file: Arc<dyn VolumeFile>,
    /// Bytes of records that the index points at.
    live: AtomicU64,
    /// Bytes written.
    used: AtomicU64,
    /// Bytes that its file takes on the volume.
    allocated: AtomicU64,
    /// Nothing more will be written to it.
    finished: AtomicBool,
}

impl Segment {
    /// A segment of `allocated` bytes in which `used` are written.
    #[must_use]
    pub fn new(head: SegmentHead, file: Arc<dyn VolumeFile>, used: u64, allocated: u64) -> Self {
        Self {
            head,
            file,
            live: AtomicU64::new(0),
            used: AtomicU64::new(used),
            allocated: AtomicU64::new(allocated),
            finished: AtomicBool::new(false),
        }
    }

    /// Whether nothing more will be written to it.
    pub fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }

    /// Bytes of records that the index points at, as length codes count them.
    pub fn live(&self) -> u64 {
        self.live.load(Ordering::Acquire)
    }

    /// Bytes written.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Acquire)
    }

    /// Bytes on the volume.
    pub fn allocated(&self) -> u64 {
        self.allocated.load(Ordering::Acquire)
    }

    /// Notes that the segment is written up to `used`.
    pub fn set_used(&self, used: u64) {
        self.used.store(used, Ordering::Release);
    }

    /// Counts a record as wanted.
    pub fn add_live(&self, extent: Extent) {
        self.live.fetch_add(extent.length.bytes(), Ordering::AcqRel);
    }

    /// Counts a record as no longer wanted.
    pub fn sub_live(&self, extent: Extent) {
        let before = self.live.fetch_sub(extent.length.bytes(), Ordering::AcqRel);
        debug_assert!(before >= extent.length.bytes(), "a record died twice");
    }

    /// Notes that nothing more will be written.
    pub fn set_finished(&self) {
        self.finished.store(true, Ordering::Release);
    }

    /// Ends the segment: gives the reserved room behind the last write back to the volume.
    ///
    /// # Errors
    /// The operating system's; harmless, since unused room holds zeros.
    pub fn finish(&self) -> io::Result<()> {
        self.set_finished();
        let used = self.used();
        self.file.set_len(used)?;
        self.allocated.store(used, Ordering::Release);
        Ok(())
    }
}

/// All segments of a store, by number.
#[derive(Debug)]
pub struct Segments {
    volume: Arc<dyn Volume>,
    identity: [u8; 16],
    segment_bytes: u64,
    next_sequence: AtomicU64,
    by_number: RwLock<Vec<Option<Arc<Segment>>>>,
    /// Numbers of segments that are being made.
    in_making: Mutex<BTreeSet<u32>>,
}

impl Segments {
    /// An empty set whose new files take `segment_bytes`.
    #[must_use]
    pub fn new(volume: Arc<dyn Volume>, identity: [u8; 16], segment_bytes: u64) -> Self {
        Self {
            volume,
            identity,
            segment_bytes,
            next_sequence: AtomicU64::new(1),
            by_number: RwLock::new(Vec::new()),
            in_making: Mutex::default(),
        }
    }

    /// Takes in a segment found at start; its number must be free.
    pub fn adopt(&self, segment: Arc<Segment>) {
        self.next_sequence.fetch_max(segment.head.sequence + 1, Ordering::AcqRel);
        let mut by_number = self.by_number.write();
        let number = segment.head.number as usize;
        if by_number.len() <= number {
            by_number.resize(number + 1, None);
        }
        debug_assert!(by_number[number].is_none(), "segment number {number} is taken");
        by_number[number] = Some(segment);
    }

    /// Makes a new segment with room for `record_bytes`, durable and empty.
    ///
    /// # Errors
    /// The volume's; `StorageFull` leaves nothing behind.
    pub fn create(&self, purpose: Purpose, record_bytes: u64) -> io::Result<Arc<Segment>> {
        self.create_exact(purpose, self.segment_bytes.max(SEGMENT_HEAD_BYTES as u64 + record_bytes))
    }

    /// The same, of `bytes` and no more: where room is short.
    ///
    /// # Errors
    /// As [`Segments::create`].
    pub fn create_exact(&self, purpose: Purpose, bytes: u64) -> io::Result<Arc<Segment>> {
        // Only the number is taken under a lock: whoever counts a record must not wait for the volume.
        let number = self.take_number()?;
        let made = self.make(purpose, number, bytes);
        let mut in_making = self.in_making.lock();
        in_making.remove(&number);
        let segment = made?;
        let mut by_number = self.by_number.write();
        if by_number.len() <= number as usize {
            by_number.resize(number as usize + 1, None);
        }
        by_number[number as usize] = Some(Arc::clone(&segment));
        Ok(segment)
    }

    fn take_number(&self) -> io::Result<u32> {
        let mut in_making = self.in_making.lock();
        let by_number = self.by_number.read();
        let free = |number: &u32| {
            by_number.get(*number as usize).is_none_or(Option::is_none) && !in_making.contains(number)
        };
        let number = (0..SEGMENT_NUMBERS).find(free).ok_or_else(|| {
            io::Error::other("the journal has as many segments as it can number; raise journal.segmentBytes")
        })?;
        in_making.insert(number);
        Ok(number)
    }

    fn make(&self, purpose: Purpose, number: u32, bytes: u64) -> io::Result<Arc<Segment>> {
        let sequence = self.next_sequence.fetch_add(1, Ordering::AcqRel);
        let head = SegmentHead { purpose, number, sequence, identity: self.identity };
        let file = self.volume.create(&head.file_name(), bytes)?;
        let begun =
            file.write_at(&head.encode(), 0).and_then(|()| file.sync()).and_then(|()| self.volume.sync());
        if let Err(error) = begun {
            // Its number is given out again, and no two files may bear it.
            self.volume.remove(&head.file_name())?;
            return Err(error);
        }
        Ok(Arc::new(Segment::new(head, file, SEGMENT_HEAD_BYTES as u64, bytes)))
    }

    /// The segment of that number.
    pub fn get(&self, number: u32) -> Option<Arc<Segment>> {
        self.by_number.read().get(number as usize)?.clone()
    }

    /// All segments, in no order.
    pub fn all(&self) -> Vec<Arc<Segment>> {
        self.by_number.read().iter().flatten().cloned().collect()
    }

    /// Counts the record at `extent` as wanted.
    pub fn add_live(&self, extent: Extent) {
        if let Some(Some(segment)) = self.by_number.read().get(extent.location.segment as usize) {
            segment.add_live(extent);
        }
    }

    /// Counts the record at `extent` as no longer wanted.
    pub fn sub_live(&self, extent: Extent) {
        if let Some(Some(segment)) = self.by_number.read().get(extent.location.segment as usize) {
            segment.sub_live(extent);
        }
    }

    /// Deletes a segment that nothing points at, neither in memory nor in the checkpoint.
    ///
    /// # Errors
    /// The volume's; the segment then stays known.
    pub fn delete(&self, segment: &Segment) -> io::Result<()> {
        self.volume.remove(&segment.head.file_name())?;
        self.by_number.write()[segment.head.number as usize] = None;
        Ok(())
    }

    /// What goes into the checksums of batch heads.
    #[must_use]
    pub fn salt(&self) -> Salt {
        Salt::of(&self.identity)
    }

    /// The size of an ordinary segment in bytes.
    #[must_use]
    pub fn segment_bytes(&self) -> u64 {
        self.segment_bytes
    }
}
