//! What may be answered.

use crate::Timeout;

/// The answer to one command. Where it says so, the session's body goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Read without locking; the body goes with it.
    Found {
        /// The reader is the first one and should initialise the session.
        initialise: bool,
        /// The configured timeout, not what remains of it.
        timeout: Timeout,
    },
    /// Read and locked; the body goes with it.
    Acquired {
        /// The reader is the first one and should initialise the session.
        initialise: bool,
        /// The configured timeout, not what remains of it.
        timeout: Timeout,
        /// What the holder must show to write or unlock.
        cookie: i32,
    },
    /// Unlocked, or was not locked.
    Released {
        /// This release consumed the uninitialised flag.
        initialise: bool,
    },
    /// Stored, or deliberately ignored (an uninitialised write onto an existing session).
    Stored,
    /// Deleted.
    Removed,
    /// Kept alive.
    Touched,
    /// There is no such session.
    Absent,
    /// Somebody else holds the lock.
    Locked {
        /// The holder's cookie.
        cookie: i32,
        /// Milliseconds since the lock was granted.
        age_millis: u64,
    },
    /// The lock cookie was bad, in a state in which it matters.
    Refused {
        /// A failed release consumed the uninitialised flag all the same.
        initialise: bool,
    },
}
