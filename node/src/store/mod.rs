//! The sessions of this node: who exists, where the body is, and one command at a time for each.
//!
//! A session belongs to one of 1,024 shards by its key's hash. Holding the shard's lock, a command
//! finds the slot, gets the body (hot tier, or the queue behind it), takes the pure step, and files
//! the effect: index, hot tier, journal queue. The lock is never held across a read or a sync. What
//! has to wait is handed back as [`Waiting`] and finished in [`finish`].
//!
//! In a cluster a session has one owner in each epoch of the ring. [`Store::enter`] goes on to the next
//! epoch, [`Store::held`] shows what lies here to the owner elsewhere, [`Store::admit`] takes in what comes
//! from there, and [`Store::movers`] begins what is given away for good.

mod admit;
mod epoch;
mod execute;
mod file;
mod finish;
mod hand_over;
mod held;
mod hot;
mod list;
mod load;
mod local;
mod maintenance;
mod open;
mod parcel;
mod publish;
mod rebuild;
mod settings;
mod shard;
mod slot;
mod stored;
mod table;
mod tombstones;
mod unflushed;

use std::hash::Hasher;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use cloakroom_session::{Outcome, Time, Timeout};
use parking_lot::Mutex;
use siphasher::sip::SipHasher13;

pub use admit::Admitted;
pub use epoch::At;
pub(crate) use execute::COOKIE_JUMP;
pub use execute::{Execution, Waiting};
pub use finish::Unavailable;
pub use hand_over::Mover;
pub use maintenance::CheckpointOutcome;
pub use open::{OpenError, Opened, StopError};
pub use parcel::{Backed, Held, Parcel, Row};
pub use settings::Settings;
pub use stored::Stored;
pub use unflushed::{Backlog, Unflushed};

use crate::clock::Clock;
use crate::disk::Journal;
use crate::metrics::{Metrics, Tier};
use hot::Hot;
use shard::Shard;
use slot::HASH_BITS;

/// Shards of the index: enough that two requests seldom want the same one, and that a pass over one
/// of them is short at ten million sessions.
pub(crate) const SHARDS: u16 = 1024;
const SHARD_BITS: u32 = SHARDS.ilog2();

/// What was decided, with the body where the outcome carries one.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What to answer.
    pub outcome: Outcome,
    /// Key and body, for [`Outcome::Found`] and [`Outcome::Acquired`].
    pub body: Option<Stored>,
    /// The farthest place that had to be asked.
    pub tier: Tier,
}

/// All sessions of this node.
#[derive(Debug)]
pub struct Store {
    shards: Box<[Mutex<Shard>]>,
    /// The ring epoch at which commands are decided; read under a shard's lock.
    epoch: AtomicU64,
    hash_key: [u8; 16],
    hot: Hot,
    journal: Arc<Journal>,
    clock: Arc<dyn Clock>,
    /// What the clock said when the store opened.
    started: Duration,
    /// Session time at that moment: while the store was down it stood still.
    base: Time,
    settings: Settings,
    metrics: Arc<Metrics>,
    /// Keeps slow reads from taking every thread.
    cold_reads: tokio::sync::Semaphore,
}

/// Where a key belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// The whole hash, as records name it.
    full: u64,
}

impl Place {
    fn shard(self) -> usize {
        usize::try_from(self.full >> (64 - SHARD_BITS)).expect("ten bits")
    }

    /// What the shard's slots go by.
    fn slot(self) -> u64 {
        self.full >> (64 - SHARD_BITS - HASH_BITS) & ((1 << HASH_BITS) - 1)
    }

    /// What the hot tier goes by: shard and slot.
    fn hot(self) -> u64 {
        self.full >> (64 - SHARD_BITS - HASH_BITS)
    }

    /// The place of slot `slot` of shard `shard`. What the index does not keep of the hash is zero.
    fn of(shard: usize, slot: u64) -> Self {
        Self { full: Self::hot_of(shard, slot) << (64 - SHARD_BITS - HASH_BITS) }
    }

    /// The hot tier's name for slot `slot` of shard `shard`.
    fn hot_of(shard: usize, slot: u64) -> u64 {
        (shard as u64) << HASH_BITS | slot
    }
}

impl Store {
    /// Session time now.
    #[must_use]
    pub fn now(&self) -> Time {
        self.base.plus_millis(whole_millis(self.clock.elapsed().saturating_sub(self.started)))
    }

    /// Live sessions, those included that have expired and were not swept yet.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }

    fn place(&self, key: &[u8]) -> Place {
        place(&self.hash_key, key)
    }

    fn shard(&self, place: Place) -> &Mutex<Shard> {
        &self.shards[place.shard()]
    }
}

fn place(hash_key: &[u8; 16], key: &[u8]) -> Place {
    let mut hasher = SipHasher13::new_with_key(hash_key);
    hasher.write(key);
    Place { full: hasher.finish() }
}

fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// How far a deadline may move before that is written down: a quarter of the timeout, at most a minute.
pub(crate) fn coarse_millis(timeout: Timeout, lifetime_max: Timeout) -> u64 {
    (timeout.sliding_millis(lifetime_max) / 4).min(60_000)
}
