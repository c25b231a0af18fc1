//! What one way between two nodes is like.

use std::time::Duration;

use crate::chance::Chance;

/// One direction of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Nothing gets through.
    pub cut: bool,
    /// So many messages in a hundred vanish.
    pub lost_percent: u64,
    /// The longest that a message takes, in milliseconds.
    pub slowest_millis: u64,
}

impl Default for Link {
    fn default() -> Self {
        Self { cut: false, lost_percent: 0, slowest_millis: 3 }
    }
}

impl Link {
    /// A link through which nothing gets.
    pub const CUT: Self = Self { cut: true, lost_percent: 0, slowest_millis: 3 };

    /// How long a message takes; `None` if it does not arrive.
    pub(crate) fn crossing(&self, chance: &Chance) -> Option<Duration> {
        let lost = self.cut || (self.lost_percent > 0 && chance.percent(self.lost_percent));
        (!lost).then(|| chance.millis(0, self.slowest_millis))
    }
}
