//! Reading a body from the disk tier: one positioned read, once for all who want it.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;

use super::execute::{Loaded, Wanted};
use super::finish::Unavailable;
use super::{Place, Store, Stored};
use crate::disk::Extent;
use crate::disk::record::{RecordError, decode, peek_front};
use crate::metrics::{ColdRead, Lost};

/// Scratch space that a thread keeps after a large body.
const KEPT_BYTES: usize = 256 * 1024;
/// Enough of a record for its head and an ordinary key.
const FRONT_BYTES: usize = 256;

thread_local! {
    static SCRATCH: RefCell<(Vec<u8>, Vec<u8>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Record(#[from] RecordError),
}

/// A session without its body.
#[derive(Debug)]
pub(super) struct Front {
    pub(super) key: Vec<u8>,
    pub(super) body_bytes: u64,
}

impl Store {
    /// The body if the operating system has it in memory.
    pub(super) fn load_if_cached(&self, wanted: &Wanted) -> Option<Loaded> {
        let loaded = read(wanted, |buffer, offset| wanted.segment.file.read_at_if_cached(buffer, offset));
        // Whatever went wrong, the slow way tells it properly.
        let loaded = loaded.ok().flatten()?;
        self.metrics.cold_reads.inc(ColdRead::PageCache);
        Some(loaded)
    }

    /// The body, however long the device takes. A record that fails its checksum twice is lost: that is
    /// counted and told, and the session's next request finds it absent.
    pub(super) fn load(&self, wanted: &Wanted) -> Result<Loaded, LoadError> {
        let whole = |buffer: &mut [u8], offset| wanted.segment.file.read_at(buffer, offset).map(|()| true);
        self.metrics.cold_reads.inc(ColdRead::Device);
        let loaded = match read(wanted, whole) {
            Err(LoadError::Record(_)) => read(wanted, whole),
            first => first,
        };
        match loaded {
            Ok(loaded) => Ok(loaded.expect("a read that may wait reads everything")),
            Err(error) => {
                let name = wanted.segment.head.file_name();
                let offset = wanted.extent.location.offset();
                tracing::error!(segment = name, offset, %error, "a session cannot be read from disk");
                if matches!(error, LoadError::Record(_)) {
                    self.lose(wanted.place, wanted.extent);
                }
                Err(error)
            }
        }
    }

    /// The record for another node's sake: not kept in the hot tier, where it would take the place of one
    /// that is used here.
    pub(super) async fn load_to_move(self: &Arc<Self>, wanted: Wanted) -> Result<Loaded, Unavailable> {
        if let Some(loaded) = self.load_if_cached(&wanted) {
            return Ok(loaded);
        }
        let permit = self.cold_reads.acquire().await;
        let store = Arc::clone(self);
        let loaded = tokio::task::spawn_blocking(move || store.load(&wanted)).await;
        drop(permit);
        match loaded {
            Ok(loaded) => loaded.map_err(|_| Unavailable::Unreadable),
            // Cancelled: the runtime is going down.
            Err(_) => Err(Unavailable::Stopped),
        }
    }

    /// The key's public hash, from the front of the record if that is in memory.
    pub(super) fn key_hash_if_cached(&self, wanted: &Wanted) -> Option<u64> {
        let mut front = [0; FRONT_BYTES];
        let (offset, end) = bounds(wanted);
        let front = &mut front[..FRONT_BYTES.min(usize::try_from(end - offset).unwrap_or(FRONT_BYTES))];
        if !wanted.segment.file.read_at_if_cached(front, offset).ok()? {
            return None;
        }
        let key = peek_front(front).ok()?.key;
        self.is_of(wanted, key).then(|| cloakroom_ring::key_hash(key))
    }

    /// Key and size of a session, without its body.
    pub(super) async fn load_front(self: &Arc<Self>, wanted: Wanted) -> Result<Front, Unavailable> {
        let permit = self.cold_reads.acquire().await;
        let store = Arc::clone(self);
        let front = tokio::task::spawn_blocking(move || store.read_front(&wanted)).await;
        drop(permit);
        match front {
            Ok(front) => front.map_err(|_| Unavailable::Unreadable),
            // Cancelled: the runtime is going down.
            Err(_) => Err(Unavailable::Stopped),
        }
    }

    fn read_front(&self, wanted: &Wanted) -> Result<Front, LoadError> {
        let (offset, end) = bounds(wanted);
        let available = usize::try_from(end - offset).unwrap_or(usize::MAX);
        let mut front = vec![0; FRONT_BYTES.min(available)];
        wanted.segment.file.read_at(&mut front, offset)?;
        if let Err(bytes) = peek_front(&front)
            && bytes <= available
        {
            front.resize(bytes, 0);
            wanted.segment.file.read_at(&mut front, offset)?;
        }
        let peeked = peek_front(&front).map_err(|_| RecordError::Short)?;
        if !self.is_of(wanted, peeked.key) {
            return Err(RecordError::Checksum.into());
        }
        Ok(Front { key: peeked.key.to_vec(), body_bytes: peeked.body_bytes })
    }

    /// Whether a key that was read from the front of a record is the session's. The keyed hash stands in for the
    /// checksum, which goes over the body as well.
    fn is_of(&self, wanted: &Wanted, key: &[u8]) -> bool {
        self.place(key).hot() == wanted.place.hot()
    }

    /// Puts a body that was read into the hot tier, if it is still the session's.
    pub(super) fn keep(&self, place: Place, loaded: &Loaded) {
        let shard = self.shard(place).lock();
        if self.is_current(loaded, shard.get(place.slot()).and_then(|slot| slot.extent)) {
            self.hot.insert(place.hot(), loaded.content.clone());
        }
    }

    fn lose(&self, place: Place, extent: Extent) {
        let mut shard = self.shard(place).lock();
        if shard.get(place.slot()).and_then(|slot| slot.extent) == Some(extent) {
            shard.drop_session(place.slot(), &self.journal.segments);
            self.metrics.sessions_lost.inc(Lost::Corrupt);
        }
    }
}

/// Where the record begins, and where it ends at the latest.
fn bounds(wanted: &Wanted) -> (u64, u64) {
    let offset = wanted.extent.location.offset();
    // The length is rounded up, and the last record of a segment ends before that.
    let end = (offset + wanted.extent.length.bytes()).min(wanted.segment.used());
    (offset, end.max(offset))
}

/// Reads and decodes the record; `None` if `fill` would have to wait.
fn read(
    wanted: &Wanted,
    fill: impl Fn(&mut [u8], u64) -> io::Result<bool>,
) -> Result<Option<Loaded>, LoadError> {
    SCRATCH.with_borrow_mut(|(raw, joined)| {
        let (offset, end) = bounds(wanted);
        raw.clear();
        raw.resize(usize::try_from(end - offset).unwrap_or_default(), 0);
        if !fill(raw, offset)? {
            return Ok(None);
        }
        let record = decode(raw)?;
        record.join_into(joined)?;
        let loaded = Loaded {
            extent: wanted.extent,
            sequence: wanted.segment.head.sequence,
            epoch: record.head.epoch,
            content: Stored::from_joined(record.key.len(), joined),
        };
        raw.shrink_to(KEPT_BYTES);
        joined.shrink_to(KEPT_BYTES);
        Ok(Some(loaded))
    })
}

/// The blocking half of a load, for a thread that may wait.
pub(super) fn load_and_keep(store: &Arc<Store>, wanted: &Wanted) -> Result<Loaded, LoadError> {
    let loaded = store.load(wanted);
    if let Ok(loaded) = &loaded {
        store.keep(wanted.place, loaded);
    }
    let waiting = store.shard(wanted.place).lock().loading.remove(&wanted.place.slot());
    for waiter in waiting.into_iter().flatten() {
        // A waiter that went away no longer cares.
        let _ = waiter.send(());
    }
    loaded
}
