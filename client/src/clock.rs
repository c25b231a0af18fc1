//! The only place that reads a clock.

use cloakroom_protocol::aspnet::lock_date;
use jiff::Zoned;

/// The current local time as servers date their locks.
pub(crate) fn now() -> i64 {
    let now = Zoned::now();
    lock_date(now.timestamp().as_millisecond(), now.offset().seconds())
}
