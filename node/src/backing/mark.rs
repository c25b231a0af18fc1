//! How new a copy of a session is.

use std::fmt;

/// Epoch of the ring under which a session was stored, and a number that rises with each change, whoever makes it.
/// Ordered by epoch first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    /// Ring epoch; at most [`Mark::MAX`].
    pub epoch: u64,
    /// Version within it; at most [`Mark::MAX`].
    pub version: u64,
}

impl Mark {
    /// Engines count in signed 64-bit integers.
    pub const MAX: u64 = i64::MAX as u64;
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {})", self.epoch, self.version)
    }
}
