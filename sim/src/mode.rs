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
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Disk, Self::Behind, Self::Stall, Self::Degrade];

    /// That of the world with this seed: each mode has every fourth.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self::ALL[usize::try_from(seed % Self::ALL.len() as u64).expect("less than four")]
    }

    /// Whether there is an engine.
    #[must_use]
    pub fn has_engine(self) -> bool {
        self != Self::Disk
    }

    /// Whether the engine has a change before it is answered, as long as it can be reached.
    #[must_use]
    pub fn is_through(self) -> bool {
        matches!(self, Self::Stall | Self::Degrade)
    }

    /// Whether a session's owner may be lost with changes that nobody else has.
    #[must_use]
    pub fn loses_with_its_node(self) -> bool {
        self != Self::Stall
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
        })
    }
}
