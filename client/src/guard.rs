//! A lock that cannot be forgotten.

use std::ops::Deref;
use std::sync::Arc;

use cloakroom_location::Home;
use cloakroom_session::Timeout;

use crate::client::Core;
use crate::{Failure, Held, Item, Session, Visit, Written};

/// A session that is locked for whoever has this, with the content that was read.
///
/// It ends with [`put`](Self::put), [`release`](Self::release) or [`remove`](Self::remove). If it is dropped without any
/// of them, by an early return perhaps, the lock is given up in the background, the content stays as it was, and
/// [`Observe::lock_dropped`](crate::Observe::lock_dropped) is told.
#[derive(Debug)]
#[must_use = "dropped at once, it gives the lock up again"]
pub struct LockGuard {
    visit: Visit,
    item: Item,
    cookie: i32,
    state: State,
}

/// What has become of the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It is held.
    Held,
    /// Perhaps held, and nobody has forgotten it: it has not arrived yet, or what ends it has not been answered.
    Ending,
    /// It is not ours any more.
    Ended,
}

impl LockGuard {
    /// A lock on its way to whoever asked for it: dropped before it is there, nobody has forgotten it.
    pub(crate) fn granted(core: Arc<Core>, session: Session, home: Option<Home>, held: Held) -> Self {
        let Held { item, cookie } = held;
        Self { visit: Visit::new(core, session, home), item, cookie, state: State::Ending }
    }

    /// The lock, now that it is there.
    pub(crate) fn arrived(self) -> Self {
        let mut lock = self;
        lock.state = State::Held;
        lock
    }

    /// The lock's cookie. Whoever knows it can write the session, or break the lock.
    #[must_use]
    pub fn cookie(&self) -> i32 {
        self.cookie
    }

    /// As [`Visit::home`].
    #[must_use]
    pub fn home(&self) -> Option<Home> {
        self.visit.home()
    }

    /// Stores the session and gives the lock up. [`Written::Locked`] says that the lock was broken by somebody who has it
    /// now. A lock that was broken and given up again is not noticed: then the last one wins, as with every client of the
    /// protocol.
    ///
    /// If the answer is lost, a look at the session tells whether it was stored; still locked for us, it is stored again.
    ///
    /// **Cancel safety.** Dropping the future leaves it open whether the session was stored; the lock is given up in the
    /// background.
    ///
    /// # Errors
    /// [`Failure`], after which [`Failure::retry`] says whether the session may have been stored. The lock is given up in
    /// the background.
    pub async fn put(mut self, body: &[u8], timeout: Timeout) -> Result<Written, Failure> {
        self.state = State::Ending;
        let written = self.visit.put_under(self.cookie, body, timeout).await;
        self.ended(written)
    }

    /// Gives the lock up and leaves the content as it is.
    ///
    /// **Cancel safety.** If the future is dropped, the lock is given up in the background.
    ///
    /// # Errors
    /// [`Failure`]. It is tried once more in the background.
    pub async fn release(mut self) -> Result<Written, Failure> {
        self.state = State::Ending;
        let written = self.visit.release(self.cookie).await;
        self.ended(written)
    }

    /// Deletes the session, and the lock with it.
    ///
    /// **Cancel safety.** Dropping the future leaves it open whether the session was deleted; if it was not, the lock is
    /// given up in the background.
    ///
    /// # Errors
    /// As of [`put`](Self::put).
    pub async fn remove(mut self) -> Result<Written, Failure> {
        self.state = State::Ending;
        let written = self.visit.remove_under(self.cookie).await;
        self.ended(written)
    }

    /// Keeps the lock beyond this value: whoever takes the cookie must end it, in this process or another one.
    #[must_use = "nothing else knows the lock's cookie"]
    pub fn into_held(mut self) -> Held {
        self.state = State::Ended;
        let nothing = Item { body: Vec::new(), ..self.item };
        Held { item: std::mem::replace(&mut self.item, nothing), cookie: self.cookie }
    }

    fn ended(&mut self, written: Result<Written, Failure>) -> Result<Written, Failure> {
        if written.is_ok() {
            self.state = State::Ended;
        }
        written
    }
}

impl Deref for LockGuard {
    type Target = Item;

    fn deref(&self) -> &Item {
        &self.item
    }
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        match self.state {
            State::Ended => return,
            State::Ending => {}
            State::Held => self.visit.tell_lock_dropped(),
        }
        self.visit.release_in_background(self.cookie);
    }
}
