//! An outcome on the wire.

use cloakroom_session::Outcome;
use serde::{Deserialize, Serialize};

use super::Fault;
use super::command::timeout;

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum WireOutcome {
    Found { initialise: bool, timeout_minutes: u32 },
    Acquired { initialise: bool, timeout_minutes: u32, cookie: i32 },
    Released { initialise: bool },
    Stored,
    Removed,
    Touched,
    Absent,
    Locked { cookie: i32, age_millis: u64 },
    Refused { initialise: bool },
}

impl From<Outcome> for WireOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Found { initialise, timeout } => {
                Self::Found { initialise, timeout_minutes: timeout.minutes() }
            }
            Outcome::Acquired { initialise, timeout, cookie } => {
                Self::Acquired { initialise, timeout_minutes: timeout.minutes(), cookie }
            }
            Outcome::Released { initialise } => Self::Released { initialise },
            Outcome::Stored => Self::Stored,
            Outcome::Removed => Self::Removed,
            Outcome::Touched => Self::Touched,
            Outcome::Absent => Self::Absent,
            Outcome::Locked { cookie, age_millis } => Self::Locked { cookie, age_millis },
            Outcome::Refused { initialise } => Self::Refused { initialise },
        }
    }
}

impl TryFrom<WireOutcome> for Outcome {
    type Error = Fault;

    fn try_from(outcome: WireOutcome) -> Result<Self, Fault> {
        Ok(match outcome {
            WireOutcome::Found { initialise, timeout_minutes } => {
                Self::Found { initialise, timeout: timeout(timeout_minutes)? }
            }
            WireOutcome::Acquired { initialise, timeout_minutes, cookie } => {
                Self::Acquired { initialise, timeout: timeout(timeout_minutes)?, cookie }
            }
            WireOutcome::Released { initialise } => Self::Released { initialise },
            WireOutcome::Stored => Self::Stored,
            WireOutcome::Removed => Self::Removed,
            WireOutcome::Touched => Self::Touched,
            WireOutcome::Absent => Self::Absent,
            WireOutcome::Locked { cookie, age_millis } => Self::Locked { cookie, age_millis },
            WireOutcome::Refused { initialise } => Self::Refused { initialise },
        })
    }
}
