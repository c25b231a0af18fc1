//! Waiting for a session that somebody else holds. The protocol has no queue for locks: one asks again.

use std::time::Duration;

use tower_sessions_core::session_store::{Error, Result};

use crate::{Lock, Visit};

/// Before the second look. Another request of this kind holds a session for a millisecond.
const PAUSE: Duration = Duration::from_millis(5);
/// What ASP.NET waits; its pages hold a session for as long as they run.
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// How much is borne.
#[derive(Clone, Copy, Debug)]
pub(super) struct Forbearance {
    /// In pauses; requests take their own time.
    pub(super) wait: Duration,
    /// A lock that is older belongs to nobody who lives.
    pub(super) break_after: Duration,
}

impl Default for Forbearance {
    fn default() -> Self {
        // ASP.NET ends a page after 110 s (executionTimeout), and breaks a lock that is older.
        Self { wait: Duration::from_secs(5), break_after: Duration::from_secs(110) }
    }
}

/// The wait of one request for one session.
pub(super) struct Contention {
    left: Duration,
    pause: Duration,
    break_after: Duration,
    broken: bool,
}

impl Contention {
    pub(super) fn new(forbearance: Forbearance) -> Self {
        Self { left: forbearance.wait, pause: PAUSE, break_after: forbearance.break_after, broken: false }
    }

    /// Waits a while, after which the session is worth another look; breaks the lock if it is overdue.
    ///
    /// # Errors
    /// That was the last look.
    #[expect(
        clippy::disallowed_methods,
        reason = "nodes do not tell when a lock is released, so one asks again"
    )]
    pub(super) async fn outlast(&mut self, visit: &mut Visit, lock: Lock) -> Result<()> {
        if Duration::from_secs(lock.age_seconds) > self.break_after && !self.broken {
            tracing::warn!(age_seconds = lock.age_seconds, "breaking a lock that nobody released");
            self.broken = true;
            // Somebody else may have broken it at the same moment; the next look tells.
            return visit.release(lock.cookie).await.map(drop).map_err(super::store::backend);
        }
        if self.left.is_zero() {
            return Err(Error::Backend(format!(
                "the session has been locked by another request for {} s, which is waited for no longer: \
                 try again, or look for the page that takes so long",
                lock.age_seconds
            )));
        }
        let pause = self.pause.min(self.left);
        tokio::time::sleep(pause).await;
        self.left -= pause;
        self.pause = PAUSE_MAX.min(2 * self.pause);
        Ok(())
    }
}
