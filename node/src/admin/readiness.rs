//! Where the node is in its life, as told by the one who runs it.

use std::fmt;

use tokio::sync::watch;

/// A stretch of the node's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not serving yet.
    Starting {
        /// What is being done and how far, for people.
        progress: String,
    },
    /// Serving.
    Ready,
    /// Told to stop: finishing what is open, taking nothing new.
    Draining,
}

/// Tells the phase. Belongs to the task that runs the node: dropped without [`Phase::Draining`] or with it,
/// it means that this task has ended, and the node is neither ready nor alive.
#[derive(Debug)]
pub struct Reporter(watch::Sender<Phase>);

/// Sees the phase.
#[derive(Clone, Debug)]
pub struct Readiness(watch::Receiver<Phase>);

/// Why a node is not what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WhyNot {
    Starting(String),
    Draining,
    Ended,
}

impl Readiness {
    /// A pair that begins with [`Phase::Starting`].
    #[must_use]
    pub fn starting(progress: impl Into<String>) -> (Reporter, Self) {
        let (sender, receiver) = watch::channel(Phase::Starting { progress: progress.into() });
        (Reporter(sender), Self(receiver))
    }

    /// Whether the node's task still runs.
    pub(super) fn alive(&self) -> Result<(), WhyNot> {
        self.0.has_changed().map(|_| ()).map_err(|_| WhyNot::Ended)
    }

    /// Whether the node serves.
    pub(super) fn ready(&self) -> Result<(), WhyNot> {
        self.alive()?;
        match &*self.0.borrow() {
            Phase::Ready => Ok(()),
            Phase::Starting { progress } => Err(WhyNot::Starting(progress.clone())),
            Phase::Draining => Err(WhyNot::Draining),
        }
    }
}

impl Reporter {
    /// The node is in `phase` now.
    pub fn report(&self, phase: Phase) {
        self.0.send_replace(phase);
    }
}

impl fmt::Display for WhyNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starting(progress) => write!(f, "starting: {progress}"),
            Self::Draining => f.write_str("draining: finishing open requests, then stopping"),
            Self::Ended => f.write_str("failed: the node's main task has ended"),
        }
    }
}
