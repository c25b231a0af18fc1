//! What a cluster has behind its nodes: nothing, or an engine that it writes to later or at once.

use std::fmt;
use std::time::Duration;

use crate::settings::{GRACE, GRACE_BEHIND};

/// The mode of one world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// The nodes' volumes are all there is.
    Disk,
    /// Write-behind: answered from the volume, stored in the engine within a window.
    Behind,
    /// Write-through: answered when the engine has it; held while the engine is away.
    Stall,
    /// Write-through, and write-behind while the engine is away.
    Degrade,
    /// As [`Mode::Stall`], with a second data centre behind the same engine.
    Swing,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Disk, Self::Behind, Self::Stall, Self::Degrade, Self::Swing];

    /// That of the world with this seed: every fourth has none, is written behind, through, or may degrade; of those
    /// written through, every other one has two data centres.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        match (seed % 4, seed / 4 % 2) {
            (0, _) => Self::Disk,
            (1, _) => Self::Behind,
            (2, 0) => Self::Stall,
            (2, _) => Self::Swing,
            _ => Self::Degrade,
        }
    }

    /// Whether there is an engine.
    #[must_use]
    pub fn has_engine(self) -> bool {
        self != Self::Disk
    }

    /// Whether the engine has a change before it is answered, as long as it can be reached.
    #[must_use]
    pub fn is_through(self) -> bool {
        matches!(self, Self::Stall | Self::Degrade | Self::Swing)
    }

    /// Whether a session's owner may be lost with changes that nobody else has.
    #[must_use]
    pub fn loses_with_its_node(self) -> bool {
        !matches!(self, Self::Stall | Self::Swing)
    }

    /// After this long without an answer the operator excludes a node.
    #[must_use]
    pub fn grace(self) -> Duration {
        if self == Self::Behind { GRACE_BEHIND } else { GRACE }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disk => "disk",
            Self::Behind => "write-behind",
            Self::Stall => "write-through, stall",
            Self::Degrade => "write-through, degrade",
            Self::Swing => "two data centres",
        })
    }
}
