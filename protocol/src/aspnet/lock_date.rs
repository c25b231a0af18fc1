//! Lock times as .NET counts them.

/// Ticks of 100 ns from the start of the year 1 to that of 1970.
const UNIX_EPOCH_TICKS: i64 = 621_355_968_000_000_000;
const TICKS_PER_MILLI: i64 = 10_000;

/// The value of `LockDate` (MS-ASP 2.2.3.8): the ticks of a moment, in the server's local time.
///
/// `unix_millis` counts from 1970 in UTC, `utc_offset_seconds` is what the local clock is ahead.
#[must_use]
pub const fn lock_date(unix_millis: i64, utc_offset_seconds: i32) -> i64 {
    let local_millis = unix_millis.saturating_add(utc_offset_seconds as i64 * 1000);
    local_millis.saturating_mul(TICKS_PER_MILLI).saturating_add(UNIX_EPOCH_TICKS)
}

/// Whole seconds between two lock dates; zero if `since` lies ahead.
pub(super) fn seconds_between(since: i64, now: i64) -> u64 {
    let millis = now.saturating_sub(since).max(0) / TICKS_PER_MILLI;
    millis.unsigned_abs() / 1000
}
