//! The generator's clock.

#![expect(clippy::disallowed_methods, reason = "an open loop sends by the clock, and its figures are times")]

use tokio::time::Instant;

/// This moment.
pub(super) fn now() -> Instant {
    Instant::now()
}
