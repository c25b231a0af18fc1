//! How long a session outlives its last use.

/// Whole minutes without access after which a session is gone, 0 to 525,600 (MS-ASP 2.2.3.5; the
/// upper bound is the reference's 365 days).
///
/// Zero is never sent by a real client; it asks for no expiry and gets [`crate::Input::lifetime_max`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timeout(u32);

/// A timeout that is negative or above 365 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeoutOutOfRange;

impl Timeout {
    /// What applies when a request names none: 20 minutes (MS-ASP 2.2.3.5).
    pub const DEFAULT: Self = Self(20);
    /// 365 days, the longest that is accepted.
    pub const MAX: Self = Self(525_600);

    /// A timeout of `minutes`.
    ///
    /// # Errors
    /// [`TimeoutOutOfRange`] above [`Timeout::MAX`].
    pub const fn from_minutes(minutes: u32) -> Result<Self, TimeoutOutOfRange> {
        if minutes <= Self::MAX.0 { Ok(Self(minutes)) } else { Err(TimeoutOutOfRange) }
    }

    /// The configured minutes, as they appear on the wire.
    #[must_use]
    pub const fn minutes(self) -> u32 {
        self.0
    }

    /// How long the session stays after an access, in milliseconds, with zero read as `lifetime_max`.
    #[must_use]
    pub const fn sliding_millis(self, lifetime_max: Self) -> u64 {
        let minutes = if self.0 == 0 { lifetime_max.0 } else { self.0 };
        minutes as u64 * 60_000
    }
}

impl std::fmt::Display for TimeoutOutOfRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a session timeout is 0 to {} minutes", Timeout::MAX.0)
    }
}

impl std::error::Error for TimeoutOutOfRange {}
