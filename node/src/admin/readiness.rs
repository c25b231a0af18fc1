//! Where the node is in its life, as told by the one who runs it.

use std::fmt;

use cloakroom_node_config::NodePhase;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A stretch of the node's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not serving yet.
    Starting {
        /// What is being done and how far, for people.
        progress: String,
    },
    /// Serves as soon as a ring counts on it.
    Joining,
    /// Serving.
    Ready,
    /// Told to stop: finishing what is open, taking nothing new.
    Draining,
}

/// Tells the phase. Belongs to the task that runs the node: dropped without [`Phase::Draining`] or with it,
/// it means that this task has ended, and the node is neither ready nor alive.
#[derive(Debug)]
pub struct Reporter(watch::Sender<Phase>);

/// Sees the phase, and whether the node was asked to drain.
#[derive(Clone, Debug)]
pub struct Readiness {
    phase: watch::Receiver<Phase>,
    /// Apart from the phase: a node may be asked while it starts, and must not become ready afterwards.
    drain: CancellationToken,
}

/// Why a node is not what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WhyNot {
    Starting(String),
    Joining,
    Draining,
    Ended,
}

impl Readiness {
    /// A pair that begins with [`Phase::Starting`].
    #[must_use]
    pub fn starting(progress: impl Into<String>) -> (Reporter, Self) {
        let (sender, receiver) = watch::channel(Phase::Starting { progress: progress.into() });
        (Reporter(sender), Self { phase: receiver, drain: CancellationToken::new() })
    }

    /// Whether the node's task still runs.
    pub(super) fn alive(&self) -> Result<(), WhyNot> {
        self.phase.has_changed().map(|_| ()).map_err(|_| WhyNot::Ended)
    }

    /// Whether the node serves.
    pub(super) fn ready(&self) -> Result<(), WhyNot> {
        self.alive()?;
        match &*self.phase.borrow() {
            Phase::Ready | Phase::Joining if self.drain.is_cancelled() => Err(WhyNot::Draining),
            Phase::Ready => Ok(()),
            Phase::Joining => Err(WhyNot::Joining),
            Phase::Starting { progress } => Err(WhyNot::Starting(progress.clone())),
            Phase::Draining => Err(WhyNot::Draining),
        }
    }

    /// From now on the node is not ready, until the process ends.
    pub(super) fn drain(&self) {
        self.drain.cancel();
    }

    /// The phase as the operator knows it.
    pub(crate) fn reported(&self) -> NodePhase {
        match self.ready() {
            Ok(()) => NodePhase::Ready,
            Err(WhyNot::Starting(_)) => NodePhase::Starting,
            Err(WhyNot::Joining) => NodePhase::Joining,
            Err(WhyNot::Draining) => NodePhase::Draining,
            Err(WhyNot::Ended) => NodePhase::Ended,
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
            Self::Joining => f.write_str("joining: no ring counts on this node"),
            Self::Draining => f.write_str("draining: serving what still comes until it is stopped"),
            Self::Ended => f.write_str("failed: the node's main task has ended"),
        }
    }
}
