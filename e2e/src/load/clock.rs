//! The generator's clock.

#![expect(clippy::disallowed_methods, reason = "an open loop sends by the clock, and its figures are times")]

use std::time::SystemTime;

use tokio::time::Instant;

/// Seconds since 1970, for cookies.
pub(super) fn since_1970() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// This moment.
pub(super) fn now() -> Instant {
    Instant::now()
}
