//! Where the operator is in its life, said by whoever drives it and shown by the admin port.

use std::fmt;

use tokio::sync::watch;

/// Where the operator is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Cannot begin; the text says what is missing.
    Waiting(String),
    /// Another replica leads, or nobody yet.
    Standby,
    /// Drives the clusters.
    Working,
    /// Ends.
    Stopping,
}

impl Phase {
    /// Whether the process does what a replica is for. Standing by is: a roll-out must not wait for a
    /// replica that may never lead.
    pub(crate) fn is_ready(&self) -> bool {
        matches!(self, Self::Standby | Self::Working)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting(what) => write!(f, "waiting: {what}"),
            Self::Standby => f.write_str("standby: ready to lead when no other replica does"),
            Self::Working => f.write_str("working"),
            Self::Stopping => f.write_str("stopping"),
        }
    }
}

/// The saying end.
pub(crate) type Teller = watch::Sender<Phase>;
/// The showing end.
pub(crate) type Shown = watch::Receiver<Phase>;

/// Both ends, at the very beginning.
pub(crate) fn starting() -> (Teller, Shown) {
    watch::channel(Phase::Waiting("asking the API server for the SessionCluster resource".to_owned()))
}
