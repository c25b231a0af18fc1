//! The clock that sessions live by.

/// A moment in session time, in milliseconds.
///
/// Session time runs only while somebody keeps it: it starts with an empty store, stands
/// still while the store is down and never goes back, so a wall clock that jumps cannot expire a
/// session (`docs/decisions/0001-session-time.md`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

impl Time {
    /// Before every moment that a store knows.
    pub const ZERO: Self = Self(0);

    /// The moment `millis` milliseconds after [`Time::ZERO`].
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since [`Time::ZERO`].
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This moment moved `millis` milliseconds later, at most to the end of time.
    #[must_use]
    pub const fn plus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// This moment moved `millis` milliseconds earlier, at most to [`Time::ZERO`].
    #[must_use]
    pub const fn minus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_sub(millis))
    }

    /// Milliseconds since `earlier`; zero if that lies ahead.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}
