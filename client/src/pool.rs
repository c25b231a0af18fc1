//! The connections to one node: a bounded number, the last used first, closed when they have been idle.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::Connection;

/// Connections to one node.
#[derive(Debug)]
pub(crate) struct Pool {
    limit: usize,
    places: Semaphore,
    /// Longest unused first.
    idle: Mutex<Vec<Idle>>,
}

#[derive(Debug)]
struct Idle {
    connection: Connection,
    since: Duration,
}

/// The right to one connection, and a kept one if there was any.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    pool: &'a Pool,
    _permit: SemaphorePermit<'a>,
    pub(crate) kept: Option<Connection>,
}

/// All connections are in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted {
    pub(crate) limit: usize,
    pub(crate) waited: Duration,
}

impl Pool {
    /// For `limit` connections, those in use and idle ones together.
    pub(crate) fn new(limit: usize) -> Self {
        let limit = limit.min(Semaphore::MAX_PERMITS);
        Self { limit, places: Semaphore::new(limit), idle: Mutex::default() }
    }

    /// Waits up to `wait` until a connection may be used; first come, first served.
    ///
    /// # Errors
    /// [`Exhausted`] after that.
    pub(crate) async fn place(&self, wait: Duration) -> Result<Place<'_>, Exhausted> {
        let exhausted = Exhausted { limit: self.limit, waited: wait };
        let permit = match self.places.try_acquire() {
            Ok(permit) => permit,
            Err(_) => match timeout(wait, self.places.acquire()).await {
                Ok(permit) => permit.expect("nobody closes the pool"),
                Err(_) => return Err(exhausted),
            },
        };
        Ok(Place { pool: self, _permit: permit, kept: self.newest_open() })
    }

    /// The node closes what is long idle, or all of them when it ends; those are dropped on the way.
    fn newest_open(&self) -> Option<Connection> {
        loop {
            // Asked outside of the lock: it costs a system call.
            let connection = self.idle.lock().pop()?.connection;
            if connection.is_open() {
                return Some(connection);
            }
        }
    }

    /// Closes what has been idle for `limit`.
    pub(crate) fn close_idle(&self, now: Duration, limit: Duration) {
        let mut idle = self.idle.lock();
        let stale = idle.partition_point(|kept| now.saturating_sub(kept.since) >= limit);
        let closed: Vec<Idle> = idle.drain(..stale).collect();
        drop(idle);
        drop(closed);
    }

    /// Connections in use and idle ones.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.limit - self.places.available_permits(), self.idle.lock().len())
    }
}

impl Place<'_> {
    /// Keeps `connection` for the next.
    pub(crate) fn keep(self, connection: Connection, now: Duration) {
        self.pool.idle.lock().push(Idle { connection, since: now });
    }
}
