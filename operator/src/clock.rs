//! The only file of the operator that reads a clock. Everyone else is handed the time.
#![expect(clippy::disallowed_methods, reason = "this is the file that the ban sends people to")]

use std::time::Instant;

use k8s_openapi::jiff::Timestamp;

/// Time that never goes back, for deadlines and ages.
pub(crate) fn monotonic() -> Instant {
    Instant::now()
}

/// The time of day, for what people read, such as conditions and the lease's timestamps, and for the keys of the location cookie,
/// on whose times many machines must agree. Nothing else is decided by it.
pub(crate) fn time_of_day() -> Timestamp {
    Timestamp::now()
}
