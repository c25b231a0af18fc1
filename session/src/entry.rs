//! A session at rest, without its body.

use crate::{Time, Timeout};

/// The cookie of an entry that nothing was before. The first acquire adds one, so the first ever handed out is 2.
pub const FIRST_COOKIE: i32 = 1;
/// Where the cookie goes on after 2,147,483,647: the reference would turn negative, which clients refuse.
pub const COOKIE_AFTER_WRAP: i32 = 2;

/// Everything about a session that commands look at or change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Configured sliding timeout.
    pub timeout: Timeout,
    /// Created without content and read by nobody yet.
    pub uninitialised: bool,
    /// Cookie of the current or latest lock. -1 only after a write that changed the timeout and named none.
    pub cookie: i32,
    /// When the lock was granted, if it is held.
    pub locked_since: Option<Time>,
    /// The session is gone when the time is later than this.
    pub deadline: Time,
}

impl Entry {
    /// Whether the session is gone at `now` (strictly later than the deadline, as the reference compares).
    #[must_use]
    pub fn expired(&self, now: Time) -> bool {
        now > self.deadline
    }

    /// The cookie of the next lock: `step` further, past the end from 2 again.
    pub(crate) fn cookie_after(&self, step: i32) -> i32 {
        self.cookie.checked_add(step).unwrap_or(COOKIE_AFTER_WRAP)
    }
}
