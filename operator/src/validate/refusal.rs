//! Why a cluster is not built, as the status and the events say it.

use std::fmt;

/// The reason while objects of a former cluster of the same name are still being removed.
pub const BEING_REMOVED: &str = "BeingRemoved";

/// One thing that must change first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// CamelCase word for conditions and events.
    pub reason: &'static str,
    /// What is wrong and what to do, as one sentence.
    pub message: String,
}

/// At least one [`Refusal`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusals {
    first: Refusal,
    others: Vec<Refusal>,
}

impl Refusals {
    /// `None` for no refusal at all.
    #[must_use]
    pub fn new(refusals: Vec<Refusal>) -> Option<Self> {
        let mut refusals = refusals.into_iter();
        Some(Self { first: refusals.next()?, others: refusals.collect() })
    }

    /// The word for all of them: the first one's.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        self.first.reason
    }

    /// Whether they pass without anybody's doing: each is [`BEING_REMOVED`].
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.iter().all(|refusal| refusal.reason == BEING_REMOVED)
    }

    /// All of them, in the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Refusal> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.first.message)?;
        self.others.iter().try_for_each(|refusal| write!(f, "; {}", refusal.message))
    }
}

impl std::error::Error for Refusals {}
