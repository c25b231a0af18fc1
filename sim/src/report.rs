//! What a run came to.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::mode::Mode;
use crate::trace::Line;
use crate::trouble::Kind;

/// One run's result.
#[derive(Clone, Debug)]
pub struct Report {
    /// Of which seed.
    pub seed: u64,
    /// What was behind the nodes.
    pub mode: Mode,
    /// Sessions about which nothing was promised: the engine forgot something, or two nodes were lost with them at once.
    pub forgotten: usize,
    /// Operations of clients.
    pub operations: usize,
    /// Those of them that had no answer.
    pub unanswered: usize,
    /// Rings that were published.
    pub rings: u64,
    /// Sessions that went from one node to another.
    pub moved: u64,
    /// Troubles, by kind.
    pub troubles: BTreeMap<Kind, u32>,
    /// Virtual time.
    pub lasted: Duration,
    /// Equal for equal traces.
    pub fingerprint: u64,
    /// What must not be; none for a run that is well.
    pub wrong: Vec<String>,
    /// The trace.
    pub lines: Vec<Line>,
}

impl Report {
    /// How many troubles there were.
    #[must_use]
    pub fn troubles(&self) -> u32 {
        self.troubles.values().sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "seed {} ({}): {:.1} s, {} operations ({} unanswered), {} rings, {} moves, {} troubles",
            self.seed,
            self.mode,
            self.lasted.as_secs_f64(),
            self.operations,
            self.unanswered,
            self.rings,
            self.moved,
            self.troubles(),
        )
    }
}
