//! Write-through: what a session is, is what the backing store has of it, and a change is answered when it is there.
//!
//! A command is decided on what was seen of the session, and the change is swapped in only if that is still what is
//! stored. So two nodes that serve a session at once do not harm it: the engine takes one of two changes, and whoever
//! made the other looks again and decides again. Who *owns* a session is a matter of speed: its owner remembers what it
//! stored last, and need not read before it swaps.
//!
//! The life of a request: `gate` (one at a time for each session) → `cache` or a read (`base`) → `homes` (whether this data
//! centre decides) → `decide` (the pure step, and whether its answer needs the engine) → `swap` (in a task of its own, until the engine has said what became
//! of it) → `settle` if it never said.

mod attempt;
mod base;
mod cache;
mod decide;
mod gate;
mod homes;
mod list;
mod serve;
mod settle;
mod swap;

#[cfg(test)]
mod tests;

use std::hash::Hasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cloakroom_location::Home;
use cloakroom_session::{Command, Time, Timeout};
use siphasher::sip::SipHasher13;
use tokio::sync::Semaphore;

use crate::backing::{BackingStore, Fault};
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::store::Stored;
use cache::Cache;
use gate::Gates;

pub use homes::{Behalf, Homes};

/// Session time when the clock was made, in milliseconds: ten years, so that locks that are older than this process
/// have a moment as well.
const BEGINNING: u64 = 10 * 365 * 24 * 3_600_000;

/// What a node needs to write through.
#[derive(Debug)]
pub struct Setup {
    /// The engine.
    pub backing: Arc<dyn BackingStore>,
    /// Its boot-time clock is the one that everything here goes by.
    pub clock: Arc<dyn Clock>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Stands in for a timeout of zero.
    pub lifetime_max: Timeout,
    /// Bytes of sessions that are remembered.
    pub cache_bytes: u64,
    /// A random number of this process, from which it makes all others that it needs.
    pub seed: u64,
    /// The data centres that share the engine; `None` if there is only this one.
    pub homes: Option<Homes>,
}

/// What is asked of a session.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The session.
    pub key: &'a [u8],
    /// What to do.
    pub command: Command,
    /// Key and body of a [`Command::Set`].
    pub content: Option<&'a Stored>,
    /// Epoch of the ring by which this node serves it.
    pub epoch: u64,
    /// The cookie of a session that the command creates.
    pub first_cookie: i32,
    /// How far this node's memory is to be believed.
    pub trust: Trust,
    /// For whom; of no matter without [`Setup::homes`].
    pub behalf: Behalf,
    /// The moment of the boot-time clock at which the client is told that it took too long.
    pub give_up: Duration,
}

/// How far what a node remembers of a session is to be believed. A change is always swapped in, and so is never built
/// on something old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The node owns the session, and there is nobody who could stand in for it, no other data centre either: it answers
    /// reads from memory.
    Owner,
    /// The node owns the session, and somebody may be standing in for it: it looks before it answers a read.
    Verify,
    /// The node stands in for the owner: it reads each time, and remembers nothing.
    StandIn,
}

/// Why a request was not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The engine could not be asked, or did not do it. Nothing was changed: it can be asked again.
    #[error("the backing store was not asked: {0}")]
    Unreachable(Fault),
    /// The change may be in the engine, now or soon.
    #[error("the backing store did not say what became of the change")]
    Unknown,
    /// The time was over before anything could be changed.
    #[error("the backing store, or others who change the session, took too long")]
    TooSlow,
    /// Another data centre is to be asked. Nothing was decided.
    #[error("the session lives in data centre {}", .0.data_centre)]
    Elsewhere(Home),
    /// It was asked for another data centre, and does not live here. Nothing was decided.
    #[error("the session does not live in this data centre")]
    NotHere,
}

/// The sessions behind a backing store, as one node serves them.
#[derive(Clone, Debug)]
pub struct Through(Arc<Shared>);

/// What requests share with the tasks that go on without them.
#[derive(Debug)]
struct Shared {
    setup: Setup,
    gates: Arc<Gates>,
    cache: Cache,
    /// Numbers drawn so far.
    drawn: AtomicU64,
    /// Room for changes that nobody waits for any more, in KiB.
    settling: Arc<Semaphore>,
}

impl Through {
    /// With nothing remembered.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self(Arc::new(Shared {
            gates: Arc::default(),
            cache: Cache::new(setup.cache_bytes),
            drawn: AtomicU64::new(0),
            settling: Arc::new(Semaphore::new(settle::SETTLING_KIB)),
            setup,
        }))
    }

    /// What is remembered of this session, also by requests that are under way, is not believed any more: somebody
    /// stood in for this node.
    pub fn forget(&self, key: &[u8]) {
        self.0.cache.forget(self.0.place(key));
    }

    /// The same for all sessions: to be called whenever somebody may have stood in for this node, after that, and
    /// whenever it owns other sessions than before.
    pub fn forget_all(&self) {
        self.0.cache.forget_all();
    }
}

impl Shared {
    fn now(&self) -> Time {
        let millis = u64::try_from(self.setup.clock.boottime().as_millis()).unwrap_or(u64::MAX);
        Time::from_millis(BEGINNING).plus_millis(millis)
    }

    /// Until the client is told that it took too long.
    fn left(&self, give_up: Duration) -> Duration {
        give_up.saturating_sub(self.setup.clock.boottime())
    }

    /// Where a session is found here. Nobody outside can aim at another one's place.
    fn place(&self, key: &[u8]) -> u64 {
        let mut hasher = SipHasher13::new_with_keys(self.setup.seed, 0);
        hasher.write(key);
        hasher.finish()
    }

    /// A number that no other node and no other request has.
    fn draw(&self) -> u64 {
        let number = self.drawn.fetch_add(1, Ordering::Relaxed);
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.setup.seed.to_le_bytes());
        bytes[8..].copy_from_slice(&number.to_le_bytes());
        cloakroom_ring::key_hash(&bytes)
    }
}

/// Waits a little before the engine is asked again.
#[expect(clippy::disallowed_methods, reason = "who asks a busy engine again must let it breathe")]
async fn pause(pause: Duration) {
    tokio::time::sleep(pause).await;
}
