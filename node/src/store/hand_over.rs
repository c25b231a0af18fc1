//! Giving sessions away for good, to the nodes that own them now.
//!
//! A pass over a shard yields a [`Mover`] for each session; [`Store::parcel`] makes of it what is sent; when
//! the receiver has that on disk, [`Store::dispose`] drops it here. A mover knows what was packed, so what
//! changed in between is not dropped but found again by the next pass.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_ring::key_hash;
use cloakroom_session::{Entry, Time};

use super::execute::{Loaded, Wanted};
use super::finish::Unavailable;
use super::local::Local;
use super::shard::Shard;
use super::{Backed, Parcel, Place, Row, SHARDS, Store, Stored};
use crate::disk::Extent;
use crate::disk::queue::{Change, Urgency};
use crate::disk::record::Kind;
use crate::metrics::Lost;

/// A session, or the tombstone of one, that a pass found.
#[derive(Clone, Debug)]
pub struct Mover {
    place: Place,
    packed: Option<Packed>,
}

/// What identifies the state of which a parcel was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Packed {
    /// Lock and ages, and where the body is.
    Row(Entry, Option<Extent>),
    /// Version of the removal.
    Tombstone(u64),
}

/// What there is for a mover now.
pub(super) enum Found {
    Nothing,
    /// Not on disk yet: the content, and the version that must be.
    Pending(Stored, u64),
    Unread(Wanted),
    Parcel(Parcel, Packed),
}

impl Store {
    /// Shards that a pass goes through.
    pub const SHARDS: u16 = SHARDS;

    /// Whether there is anything that could be given away.
    #[must_use]
    pub fn has_anything(&self) -> bool {
        self.shards.iter().any(|shard| {
            let shard = shard.lock();
            shard.len() > 0 || shard.tombstones.len() > 0
        })
    }

    /// What could be given away of shard `shard`, in an order that depends on nothing but the shard's
    /// history: tombstones, of which every pass has all, then sessions; with `hot_only` those whose body is
    /// in memory. Whose they are shows only with the key.
    ///
    /// # Panics
    /// If there is no such shard.
    #[must_use]
    pub fn movers(&self, shard: u16, hot_only: bool) -> Vec<Mover> {
        let index = usize::from(shard);
        let shard = self.shards[index].lock();
        let hot = |hash| shard.pending(hash).is_some() || self.hot.contains(Place::hot_of(index, hash));
        let rows = shard.hashes().filter(|hash| !hot_only || hot(*hash));
        let tombstones = shard.tombstones.iter().map(|(hash, _)| hash);
        let mover = |hash| Mover { place: Place::of(index, hash), packed: None };
        tombstones.chain(rows).map(mover).collect()
    }

    /// The public hash of a mover's key, which says whose it is; `None` if there is nothing any more.
    ///
    /// # Errors
    /// [`Unavailable::Unreadable`] and [`Unavailable::Stopped`].
    pub async fn key_hash_of(self: &Arc<Self>, mover: &Mover) -> Result<Option<u64>, Unavailable> {
        match self.find(mover.place, None) {
            Found::Nothing => Ok(None),
            Found::Parcel(parcel, _) => Ok(Some(key_hash(parcel.key()))),
            Found::Pending(content, _) => Ok(Some(key_hash(content.key()))),
            Found::Unread(wanted) => {
                if let Some(body) = self.hot.peek(mover.place.hot()) {
                    return Ok(Some(key_hash(body.key())));
                }
                match self.key_hash_if_cached(&wanted) {
                    Some(hash) => Ok(Some(hash)),
                    None => Ok(Some(key_hash(self.load_to_move(wanted).await?.content.key()))),
                }
            }
        }
    }

    /// What to send for a mover, as it is now and once it is on disk here; `None` if there is nothing any
    /// more. The mover stands for exactly that from now on.
    ///
    /// # Errors
    /// [`Unavailable::Unreadable`] and [`Unavailable::Stopped`].
    pub async fn parcel(self: &Arc<Self>, mover: &mut Mover) -> Result<Option<Parcel>, Unavailable> {
        let mut loaded = None;
        loop {
            match self.find(mover.place, loaded.as_ref()) {
                Found::Nothing => return Ok(None),
                Found::Parcel(parcel, packed) => {
                    mover.packed = Some(packed);
                    return Ok(Some(parcel));
                }
                Found::Pending(_, version) => self.durable(version).await?,
                Found::Unread(wanted) => loaded = Some(self.load_to_move(wanted).await?),
            }
        }
    }

    /// Drops the session if its last put is from `up_to` or before and the store is at `epoch`, and leaves no trace: there
    /// is a newer copy elsewhere.
    ///
    /// # Errors
    /// [`Unavailable::Unreadable`] and [`Unavailable::Stopped`].
    pub async fn discard(self: &Arc<Self>, epoch: u64, key: &[u8], up_to: u64) -> Result<(), Unavailable> {
        let place = self.place(key);
        let mut loaded = None;
        loop {
            let wanted = {
                let now = self.now();
                let mut shard = self.shard(place).lock();
                match self.local(&shard, place, now, loaded.as_ref()) {
                    Local::Unread(wanted) => wanted,
                    Local::Row { content, epoch: put, .. }
                        if content.key() == key && put <= up_to && self.epoch() == epoch =>
                    {
                        if shard.notes.backed(place.slot()) == Backed::Unflushed {
                            self.metrics.sessions_lost.inc(Lost::Superseded);
                        }
                        let change = Change::end(Kind::Moved, place.full, epoch, None);
                        self.journal.queue.push(change, Urgency::Rides);
                        self.forget(&mut shard, place);
                        return Ok(());
                    }
                    Local::Row { .. } | Local::Tombstone { .. } | Local::Nothing => return Ok(()),
                }
            };
            loaded = Some(self.load_to_move(wanted).await?);
        }
    }

    fn find(&self, place: Place, loaded: Option<&Loaded>) -> Found {
        let now = self.now();
        self.find_in(&self.shard(place).lock(), place, now, loaded)
    }

    pub(super) fn find_in(&self, shard: &Shard, place: Place, now: Time, loaded: Option<&Loaded>) -> Found {
        match self.local(shard, place, now, loaded) {
            Local::Nothing => Found::Nothing,
            Local::Unread(wanted) => Found::Unread(wanted),
            Local::Row { content, pending: Some(version), .. } => Found::Pending(content, version),
            Local::Row { slot, content, epoch, pending: None } => {
                let packed = Packed::Row(slot.entry, slot.extent);
                let backed = self.backed(shard, place);
                Found::Parcel(Parcel::Row(Row::of(&slot, content, epoch, now, backed)), packed)
            }
            Local::Tombstone { version, .. } => match tombstone(shard, place, now) {
                Some(parcel) => Found::Parcel(parcel, Packed::Tombstone(version)),
                None => Found::Nothing,
            },
        }
    }

    /// Drops what the receiver has on disk now, if it is still what was packed and the store is at `epoch`.
    /// Returns the version to wait for; `None` if nothing was dropped, and another pass has to look again.
    pub fn dispose(&self, epoch: u64, mover: &Mover) -> Option<u64> {
        let place = mover.place;
        let mut shard = self.shard(place).lock();
        if self.epoch() != epoch || mover.packed.is_none() || packed(&shard, place) != mover.packed {
            return None;
        }
        let change = Change::end(Kind::Moved, place.full, epoch, None);
        let version = self.journal.queue.push(change, Urgency::Rides);
        self.forget(&mut shard, place);
        shard.tombstones.remove(place.slot());
        Some(version)
    }
}

/// What is at `place` now.
fn packed(shard: &Shard, place: Place) -> Option<Packed> {
    match shard.get(place.slot()) {
        Some(slot) => Some(Packed::Row(slot.entry, slot.extent)),
        None => shard.tombstones.get(place.slot()).map(|stone| Packed::Tombstone(stone.version)),
    }
}

fn tombstone(shard: &Shard, place: Place, now: Time) -> Option<Parcel> {
    let unflushed = shard.notes.backed(place.slot()) == Backed::Unflushed;
    let stone = shard.tombstones.get(place.slot()).filter(|stone| unflushed || stone.matters(now))?;
    let age = Duration::from_millis(now.millis_since(stone.since));
    Some(Parcel::Tombstone { key: stone.key.clone()?, epoch: stone.epoch, age })
}
