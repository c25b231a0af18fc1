//! The verbs of one visitor's session during one request.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_location::Home;
use cloakroom_session::Timeout;
use tokio::runtime::Handle;
use tracing::Instrument as _;

use crate::ask::{self, ask};
use crate::client::Core;
use crate::operation::{Acquire, Get, Operation as _, Touch, Write};
use crate::{Failure, Item, LockGuard, Read, Session, Verb, Written, clock, entropy, recover, retry};

/// One session, asked for once or several times on behalf of one visitor.
///
/// It remembers where the session lives, so that the next verb goes there at once; when all is done,
/// [`home`](Self::home) belongs into the visitor's location cookie.
#[derive(Clone, Debug)]
pub struct Visit {
    core: Arc<Core>,
    session: Session,
    home: Option<Home>,
}

impl Visit {
    pub(crate) fn new(core: Arc<Core>, session: Session, home: Option<Home>) -> Self {
        Self { core, session, home }
    }

    /// Where the session lives, as far as this client knows: a hint for the next request. `None` if the cluster has no
    /// number, or nothing was asked yet and nothing known before.
    #[must_use]
    pub fn home(&self) -> Option<Home> {
        self.home
    }

    /// Reads the session without locking it.
    ///
    /// **Cancel safety.** Dropping the future changes nothing.
    ///
    /// # Errors
    /// [`Failure`]: nothing was changed.
    pub async fn get(&mut self) -> Result<Read<Item>, Failure> {
        let began = self.core.begin();
        let deadline = self.core.deadline(began);
        let result = ask(&self.core, &self.session, &mut self.home, &Get, deadline).await;
        self.core.finished(Verb::Get, began, &result);
        result
    }

    /// Reads the session and locks it. While the guard lives, everybody else is told that it is locked.
    ///
    /// **Cancel safety.** If the future is dropped, a lock that is granted all the same is given up in the background.
    ///
    /// # Errors
    /// [`Failure`]: no content was changed. A lock may have been granted whose answer was lost; nodes give it back if
    /// they notice, and otherwise it grows old as one that its holder has forgotten.
    pub async fn lock(&mut self) -> Result<Read<LockGuard>, Failure> {
        let began = self.core.begin();
        let deadline = self.core.deadline(began);
        let (core, session, mut home) = (Arc::clone(&self.core), self.session.clone(), self.home);
        let acquire = async move {
            let read = ask(&core, &session, &mut home, &Acquire, deadline).await;
            let granted = read.map(|read| read.map(|held| LockGuard::granted(core, session, home, held)));
            (granted, home)
        };
        // A task of its own goes on when nobody waits for it any more, and drops the lock that nobody takes.
        let (granted, home) = match tokio::spawn(acquire.in_current_span()).await {
            Ok(ended) => ended,
            Err(ended) => match ended.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime ends, and with it whoever waits here.
                Err(_) => std::future::pending().await,
            },
        };
        self.home = home;
        let result = granted.map(|read| read.map(LockGuard::arrived));
        self.core.finished(Verb::Lock, began, &result);
        result
    }

    /// As [`lock`](Self::lock), but asks again for up to `wait` while somebody else holds the lock; after that,
    /// [`Read::Locked`]. The last question may take its time beyond that.
    ///
    /// **Cancel safety.** As of `lock`.
    ///
    /// # Errors
    /// As of `lock`.
    pub async fn lock_within(&mut self, wait: Duration) -> Result<Read<LockGuard>, Failure> {
        let until = clock::moment().saturating_add(wait);
        let mut nth = 1;
        loop {
            let read = self.lock().await?;
            let pause = retry::pause(&self.core.settings, nth, entropy::draw());
            if !matches!(read, Read::Locked(_)) || clock::moment() + pause > until {
                return Ok(read);
            }
            ask::wait(pause).await;
            nth += 1;
        }
    }

    /// Stores the session, whatever is there, unless somebody holds its lock: the last one wins. To change what is there,
    /// [lock](Self::lock) it.
    ///
    /// **Cancel safety.** Dropping the future leaves it open whether the session was stored.
    ///
    /// # Errors
    /// [`Failure`], after which [`Failure::retry`] says whether the session may have been stored.
    pub async fn put(&mut self, body: &[u8], timeout: Timeout) -> Result<Written, Failure> {
        self.write(Write::Put { body, timeout, cookie: None }).await
    }

    /// Stores a session that was locked with `cookie`, and gives the lock up. [`LockGuard::put`] does it for those who
    /// have the guard.
    ///
    /// # Errors
    /// As of [`put`](Self::put).
    pub async fn put_under(
        &mut self,
        cookie: i32,
        body: &[u8],
        timeout: Timeout,
    ) -> Result<Written, Failure> {
        self.write(Write::Put { body, timeout, cookie: Some(cookie) }).await
    }

    /// Gives up the lock that has `cookie`, and stores nothing. Whoever knows the cookie may, also of somebody else's lock:
    /// [`Read::Locked`] tells it.
    ///
    /// **Cancel safety.** Dropping the future leaves it open whether the lock was given up.
    ///
    /// # Errors
    /// As of [`put`](Self::put).
    pub async fn release(&mut self, cookie: i32) -> Result<Written, Failure> {
        self.write(Write::Release { cookie }).await
    }

    /// Deletes the session, unless somebody holds its lock.
    ///
    /// **Cancel safety.** Dropping the future leaves it open whether the session was deleted.
    ///
    /// # Errors
    /// As of [`put`](Self::put).
    pub async fn remove(&mut self) -> Result<Written, Failure> {
        self.write(Write::Remove { cookie: None }).await
    }

    /// Deletes a session that was locked with `cookie`.
    ///
    /// # Errors
    /// As of [`put`](Self::put).
    pub async fn remove_under(&mut self, cookie: i32) -> Result<Written, Failure> {
        self.write(Write::Remove { cookie: Some(cookie) }).await
    }

    /// Keeps the session alive, as every other verb does by the way.
    ///
    /// **Cancel safety.** Dropping the future does no harm.
    ///
    /// # Errors
    /// [`Failure`]: no content was changed.
    pub async fn touch(&mut self) -> Result<Written, Failure> {
        let began = self.core.begin();
        let deadline = self.core.deadline(began);
        let result = ask(&self.core, &self.session, &mut self.home, &Touch, deadline).await;
        self.core.finished(Verb::Touch, began, &result);
        result
    }

    async fn write(&mut self, write: Write<'_>) -> Result<Written, Failure> {
        let began = self.core.begin();
        let deadline = self.core.deadline(began);
        let result = recover::write(&self.core, &self.session, &mut self.home, write, deadline).await;
        self.core.finished(write.verb(), began, &result);
        result
    }

    pub(crate) fn tell_lock_dropped(&self) {
        tracing::warn!("a lock was dropped and is given up: end it with put, release or remove");
        self.core.observe.lock_dropped();
    }

    /// Gives up a lock that nobody waits to see given up. If that fails, it is left to grow old.
    pub(crate) fn release_in_background(&self, cookie: i32) {
        let mut visit = self.clone();
        // The runtime of whoever drops it, or else the one in which the client was built.
        let runtime = Handle::try_current().unwrap_or_else(|_| self.core.runtime.clone());
        runtime.spawn(async move {
            if let Err(failure) = visit.release(cookie).await {
                tracing::warn!(%failure, "a lock could not be given up");
            }
        });
    }
}
