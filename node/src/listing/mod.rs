//! Which sessions a node has, for people who look for a stuck lock or for what fills the memory: never their contents.
//!
//! A list is made in one walk over all sessions, in slices between which requests go on, and remembers no more of them
//! than it shows.

mod top;

use std::time::Duration;

use cloakroom_session::{Entry, Time, Timeout};

pub(crate) use top::Top;

use crate::cluster::Partial;
use crate::gateway::Gateway;
use crate::store::Unavailable;

/// What a list shows first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Only locked sessions, the one that was locked first.
    Lock,
    /// The session that takes most room.
    Size,
}

/// A list of sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Sessions that could have been listed.
    pub total: u64,
    /// The first of them.
    pub sessions: Vec<Listed>,
}

/// A session in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The decoded key.
    pub key: Vec<u8>,
    /// Bytes of the content.
    pub body_bytes: u64,
    /// Configured sliding timeout.
    pub timeout: Timeout,
    /// Until it expires if nobody asks for it.
    pub remaining: Duration,
    /// Its lock, if it is held.
    pub lock: Option<LockSeen>,
}

/// A lock in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockSeen {
    /// Since it was granted.
    pub age: Duration,
    /// What its holder shows.
    pub cookie: i32,
}

impl By {
    /// The rank of a lock: the earlier it was granted, the higher.
    pub(crate) fn age(since: Time) -> u64 {
        u64::MAX - since.as_millis()
    }
}

impl Listing {
    /// Of what was found by the walk and read afterwards: some of it may have changed in between.
    pub(crate) fn of(by: By, total: u64, mut sessions: Vec<Listed>) -> Self {
        match by {
            By::Lock => {
                sessions.retain(|session| session.lock.is_some());
                sessions.sort_by_key(|session| std::cmp::Reverse(session.lock.map(|lock| lock.age)));
            }
            By::Size => sessions.sort_by_key(|session| std::cmp::Reverse(session.body_bytes)),
        }
        Self { total, sessions }
    }
}

impl Listed {
    /// A session as it is at `now`.
    pub(crate) fn of(key: &[u8], body_bytes: u64, entry: &Entry, now: Time) -> Self {
        let lock = entry.locked_since.map(|since| LockSeen {
            age: Duration::from_millis(now.millis_since(since)),
            cookie: entry.cookie,
        });
        Self {
            key: key.to_vec(),
            body_bytes,
            timeout: entry.timeout,
            remaining: Duration::from_millis(entry.deadline.millis_since(now)),
            lock,
        }
    }
}

impl Gateway {
    /// The first `limit` sessions of this node, and why there may be more of its share than it can list.
    ///
    /// # Errors
    /// [`Unavailable::Stopped`]: the node is ending.
    pub async fn list(&self, by: By, limit: usize) -> Result<(Listing, Option<Partial>), Unavailable> {
        match self {
            Self::Alone(store) => Ok((store.list(by, limit).await?, None)),
            Self::Member(cluster) => cluster.list(by, limit).await,
        }
    }
}
