//! What clients asked of one session, what they were told, and what befell it meanwhile.

/// A place in the one order in which everything of a run happened.
pub type Moment = u64;

/// One entry of a session's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// When it was asked, or could first take effect.
    pub begun: Moment,
    /// When its answer came, or when it could take effect no longer; `None` if that is not known.
    pub ended: Option<Moment>,
    /// What happened.
    pub event: Event,
}

impl Operation {
    /// Whether a client asked and had no answer.
    #[must_use]
    pub fn is_unanswered(&self) -> bool {
        matches!(self.event, Event::Asked(_, Seen::Nothing))
    }
}

/// What may change or show a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A client's command, and what was answered.
    Asked(Action, Seen),
    /// The node that had it lost what was only in its memory: locks and unlocks, no content.
    Crashed,
    /// It may have been given up, because the node that had it was excluded.
    GivenUp,
    /// It may go on as the engine had it (a content or no session), because the node that had it newer was excluded.
    Rewound(Option<u64>),
    /// It may come back as it was when it was given up or rewound, because the node that had it has returned.
    Returned,
}

/// What a client asks. Contents are numbers, each written once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Read without locking.
    Get,
    /// Read and lock.
    Acquire,
    /// Unlock without writing.
    Release {
        /// The lock to give up.
        cookie: i32,
    },
    /// Write, and unlock with this cookie; zero for none.
    Set {
        /// The content.
        value: u64,
        /// The lock that the writer holds.
        cookie: i32,
    },
    /// Delete.
    Remove {
        /// The lock that the remover holds; zero for none.
        cookie: i32,
    },
    /// Keep alive.
    Touch,
}

impl Action {
    /// The lock that the client shows; zero for none.
    #[must_use]
    pub fn cookie(self) -> i32 {
        match self {
            Self::Release { cookie } | Self::Set { cookie, .. } | Self::Remove { cookie } => cookie,
            Self::Get | Self::Acquire | Self::Touch => 0,
        }
    }
}

/// What a client was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Nothing: the connection closed, or the client gave up. It was done, will be done, or never will.
    Nothing,
    /// To ask again, because it could not be looked: nothing was done.
    Paused,
    /// The content.
    Found(u64),
    /// The content, and the lock.
    Acquired {
        /// The content.
        value: u64,
        /// The lock's cookie.
        cookie: i32,
    },
    /// Unlocked.
    Released,
    /// Written.
    Stored,
    /// Deleted.
    Removed,
    /// Kept alive.
    Touched,
    /// There is no such session.
    Absent,
    /// Somebody holds this lock.
    Locked(i32),
}
