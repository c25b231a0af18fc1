//! The only place that reads a clock.

use std::sync::LazyLock;
use std::time::Duration;

use cloakroom_protocol::aspnet::lock_date;
use jiff::Zoned;
use tokio::time::Instant;

/// The current local time as servers date their locks.
pub(crate) fn now() -> i64 {
    let now = Zoned::now();
    lock_date(now.timestamp().as_millisecond(), now.offset().seconds())
}

/// Time since the first call; never goes back.
#[expect(clippy::disallowed_methods, reason = "deadlines, breakers and budgets are handed this moment")]
pub(crate) fn moment() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    Instant::now().duration_since(*START)
}
