//! The steps of a reconcile that can fail, each with its fixed word.

use crate::api::ApiError;

/// A step of a reconcile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Reading what there is.
    Observe,
    /// Writing the ring.
    Publish,
    /// Growing volumes.
    Grow,
    /// Writing the cluster's objects.
    Apply,
    /// Deleting what should not be there any more.
    Prune,
    /// Deleting pods that block a roll-out.
    Unstick,
    /// Making and rotating the keys of the location cookie.
    Rotate,
    /// Writing the status.
    Status,
}

impl Step {
    pub(crate) const ALL: [Self; 8] = [
        Self::Observe,
        Self::Publish,
        Self::Grow,
        Self::Apply,
        Self::Prune,
        Self::Unstick,
        Self::Rotate,
        Self::Status,
    ];

    /// The word in metrics, logs and conditions.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Publish => "publish",
            Self::Grow => "grow",
            Self::Apply => "apply",
            Self::Prune => "prune",
            Self::Unstick => "unstick",
            Self::Rotate => "rotate",
            Self::Status => "status",
        }
    }

    /// Marks an error as this step's.
    pub(crate) fn failed(self, error: ApiError) -> StepFailed {
        StepFailed { step: self, error }
    }
}

/// A step that did not come to its end.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub(crate) struct StepFailed {
    pub(crate) step: Step,
    pub(crate) error: ApiError,
}
