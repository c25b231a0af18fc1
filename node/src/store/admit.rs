//! Taking in what another node had of a session: its owner adopts the newest copy.

use std::sync::Arc;

use cloakroom_ring::{self as ring, Incoming, Verdict};
use cloakroom_session::{Entry, Time};

use super::execute::{Loaded, Wanted};
use super::finish::Unavailable;
use super::local::Local;
use super::shard::{Put, Shard};
use super::{Backed, Parcel, Place, Row, Store, Stored, whole_millis};
use crate::backing::Mark;
use crate::disk::queue::{Change, Urgency};
use crate::disk::record::Kind;
use crate::guard::{Guard, stands};
use crate::metrics::Lost;

/// What became of a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// Must be durable before the sender may forget its copy: what was taken, or what won against it.
    /// `None` if that is on disk.
    pub version: Option<u64>,
    /// Whether the parcel changed what is here.
    pub taken: bool,
}

/// How far an attempt came.
enum Progress {
    Done(Admitted),
    /// The session that is here must be read first, to know which one is newer.
    Compare(Wanted),
}

impl Store {
    /// Takes `parcel` if it is newer than what is here and the store is at `epoch`, in which this node
    /// is the session's owner. `first` as in [`ring::admit`].
    ///
    /// # Errors
    /// [`Unavailable`]: nothing was taken, and the sender must keep its copy.
    pub async fn admit(
        self: &Arc<Self>,
        epoch: u64,
        parcel: &Parcel,
        first: bool,
    ) -> Result<Admitted, Unavailable> {
        let mut loaded = None;
        loop {
            if self.journal.queue.is_full() {
                self.journal.queue.room().await.map_err(|_| Unavailable::Stopped)?;
            }
            match self.try_to_admit(epoch, parcel, first, loaded.as_ref())? {
                Progress::Done(admitted) => return Ok(admitted),
                Progress::Compare(wanted) => loaded = Some(self.load_to_move(wanted).await?),
            }
        }
    }

    /// What becomes of a row that is known to be older than whatever is here, or was and is gone: nothing. The version
    /// that must be durable before its sender may forget it.
    ///
    /// # Errors
    /// [`Unavailable::Moved`].
    pub fn outlives(&self, epoch: u64, parcel: &Parcel) -> Result<Option<u64>, Unavailable> {
        let place = self.place(parcel.key());
        let shard = self.shard(place).lock();
        if self.epoch() != epoch {
            return Err(Unavailable::Moved);
        }
        Ok(shard.pending(place.slot()).map(|pending| pending.put.version))
    }

    fn try_to_admit(
        &self,
        epoch: u64,
        parcel: &Parcel,
        first: bool,
        loaded: Option<&Loaded>,
    ) -> Result<Progress, Unavailable> {
        let now = self.now();
        let place = self.place(parcel.key());
        let mut shard = self.shard(place).lock();
        if self.epoch() != epoch {
            return Err(Unavailable::Moved);
        }
        let (local, version, rival) = match self.local(&shard, place, now, loaded) {
            Local::Unread(wanted) => return Ok(Progress::Compare(wanted)),
            Local::Row { content, .. } if content.key() != parcel.key() => {
                return match parcel {
                    Parcel::Row(_) => Err(Unavailable::Collision),
                    // It is the other session's place, and an older copy could not come back there.
                    Parcel::Tombstone { .. } => Ok(Progress::Done(Admitted { version: None, taken: false })),
                };
            }
            Local::Row { epoch, pending, content, .. } => (ring::Local::Row(epoch), pending, Some(content)),
            Local::Tombstone { epoch, version } => (ring::Local::Tombstone(epoch), Some(version), None),
            Local::Nothing => (ring::Local::Absent, None, None),
        };
        let backed = shard.notes.backed(place.slot());
        let verdict = by_what_is_backed(verdict(local, parcel, first), local, backed, parcel);
        let admitted = match (verdict, parcel) {
            (Verdict::Keep, _) => {
                if let (Parcel::Row(row), Some(mine)) = (parcel, &rival) {
                    self.count_superseded(row.backed, &row.content, mine);
                }
                Admitted { version, taken: false }
            }
            // Whoever removed it wrote that through. What the backing store has now may be newer than the news.
            (Verdict::Bury, _) if self.settings.through => Admitted { version, taken: false },
            (_, Parcel::Row(row)) => {
                if rival.is_none() && self.journal.spare.disk_is_full() {
                    return Err(Unavailable::DiskFull);
                }
                if let Some(mine) = &rival {
                    self.count_superseded(backed, mine, &row.content);
                }
                self.drop_expired(&mut shard, place, now);
                let version = self.adopt(&mut shard, place, row, epoch, now);
                Admitted { version: Some(version), taken: true }
            }
            (_, Parcel::Tombstone { key, epoch, age }) => {
                self.drop_expired(&mut shard, place, now);
                let since = now.minus_millis(whole_millis(*age));
                let version = self.bury(&mut shard, place, key.clone(), *epoch, since, Urgency::Rides);
                if self.settings.through {
                    shard.notes.remove(place.slot());
                }
                Admitted { version: Some(version), taken: true }
            }
        };
        Ok(Progress::Done(admitted))
    }

    /// Files a row as a put of `epoch`: it is this node's from now on.
    fn adopt(&self, shard: &mut Shard, place: Place, row: &Row, epoch: u64, now: Time) -> u64 {
        let longest = row.timeout.sliding_millis(self.settings.lifetime_max);
        let entry = Entry {
            timeout: row.timeout,
            uninitialised: row.uninitialised,
            cookie: row.cookie,
            locked_since: row.locked.map(|age| now.minus_millis(whole_millis(age))),
            deadline: now.plus_millis(whole_millis(row.remaining).min(longest)),
        };
        let content = row.content.clone();
        let change =
            Change { kind: Kind::Put, hash: place.full, epoch, entry, content: Some(content.clone()) };
        let version = self.journal.queue.push(change, Urgency::Rides);
        self.hot.insert(place.hot(), content.clone());
        // The other node may have granted locks that it forgot in a crash.
        shard.put(place.slot(), entry, true, Put { version, epoch, content });
        match row.backed {
            Backed::Recovered { stored } => shard.notes.recovered(place.slot(), stored),
            // Whoever sent it need not store it any more.
            Backed::Unflushed => self.note(shard, place, version, now),
            Backed::Flushed => shard.notes.remove(place.slot()),
        }
        version
    }

    /// A change that was acknowledged and never reached the backing store has lost against one made without it.
    fn count_superseded(&self, loser: Backed, lost: &Stored, winner: &Stored) {
        if loser == Backed::Unflushed && lost != winner && self.settings.backed {
            self.metrics.sessions_lost.inc(Lost::Superseded);
        }
    }

    /// Files what the backing store has as it is there, whatever is here.
    pub fn mirror(&self, parcel: &Parcel, mark: Mark) {
        self.raise(mark.version);
        let now = self.now();
        let place = self.place(parcel.key());
        let mut shard = self.shard(place).lock();
        match parcel {
            Parcel::Row(row) => {
                self.adopt(&mut shard, place, row, mark.epoch, now);
            }
            Parcel::Tombstone { key, epoch, .. } => {
                self.bury(&mut shard, place, key.clone(), *epoch, now, Urgency::Rides);
            }
        }
        shard.notes.remove(place.slot());
    }

    fn drop_expired(&self, shard: &mut Shard, place: Place, now: Time) {
        if shard.get(place.slot()).is_some_and(|slot| slot.entry.expired(now)) {
            self.forget(shard, place);
            self.metrics.sessions_timed_out.inc();
        }
    }
}

/// One of the two came from the backing store when its owner was gone, the other was never stored there: had it been, it
/// would be what came from there, unless somebody else has stored since.
fn by_what_is_backed(verdict: Verdict, local: ring::Local, mine: Backed, parcel: &Parcel) -> Verdict {
    let (ring::Local::Row(epoch), Parcel::Row(row)) = (local, parcel) else { return verdict };
    match (mine, row.backed) {
        (Backed::Recovered { stored }, Backed::Unflushed) if row.epoch >= stored => Verdict::Take,
        (Backed::Unflushed, Backed::Recovered { stored }) if epoch >= stored => Verdict::Keep,
        _ => verdict,
    }
}

/// Which copy stays.
fn verdict(local: ring::Local, parcel: &Parcel, first: bool) -> Verdict {
    let incoming = match parcel {
        Parcel::Row(row) => Incoming::Row(row.epoch),
        Parcel::Tombstone { epoch, .. } => Incoming::Tombstone(*epoch),
    };
    let newer_wins = match local {
        ring::Local::Tombstone(_) => stands(Guard::KeepTombstones),
        _ => stands(Guard::NewestWins),
    };
    let local = if newer_wins { local } else { ring::Local::Absent };
    ring::admit(local, incoming, first)
}
