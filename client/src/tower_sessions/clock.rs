//! The wall clock, which expiry dates and cookies go by.

/// Seconds since 1970.
pub(super) fn unix_seconds() -> u64 {
    jiff::Timestamp::now().as_second().try_into().unwrap_or_default()
}
