//! What an ASP.NET application makes of an answer (client side).

use std::fmt;

use super::{AnswerHead, Request, lock_date::seconds_between};

/// From this age on, in seconds (a year), a lock counts as just taken.
const LOCK_AGE_IMPLAUSIBLE: u64 = 31_536_000;

/// What an answer means to the one who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// A read found the session; its content is the answer's body.
    Item {
        /// The reader is the first one and should initialise the session.
        initialise: bool,
        /// The lock, if the read asked for one.
        cookie: Option<i32>,
    },
    /// A read found no session: also what an empty content and any unknown status mean.
    NotFound,
    /// A read met somebody else's lock: ask again in half a second.
    Locked(Lock),
    /// A write was done.
    Done,
    /// A write was not done, and ASP.NET does not notice.
    Ignored(Unwritten),
}

/// Somebody else's lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// With it, anybody may release the lock: ASP.NET does when the lock is as old as a page may run.
    pub cookie: i32,
    /// How long it has been held.
    pub age_seconds: u64,
}

/// Why a write was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwritten {
    /// Somebody else holds the lock.
    Locked(Lock),
    /// There is no such session, or the status is unknown.
    NotFound,
}

/// Answers that ASP.NET turns into an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerError {
    /// 400: the server did not accept the request.
    BadRequest,
    /// The server's first answer names a version below 2.
    ServerTooOld,
}

/// Reads the answers of one server, whose version it judges by the first of them.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    version_judged: bool,
}

impl Reader {
    /// What `answer` means to the one who sent `request`.
    ///
    /// `now` gives the current moment as a [`super::lock_date`]; it is asked only if a lock's age is
    /// not told, which servers since .NET 1.1 always do.
    ///
    /// # Errors
    /// An [`AnswerError`] where ASP.NET fails the page.
    pub fn read(
        &mut self,
        request: &Request<'_>,
        answer: &AnswerHead,
        now: impl FnOnce() -> i64,
    ) -> Result<Reading, AnswerError> {
        if answer.status == 400 {
            return Err(AnswerError::BadRequest);
        }
        // Judged once even if the verdict is bad, as the real client does.
        let first = !std::mem::replace(&mut self.version_judged, true);
        if first && answer.version_major.is_some_and(|major| major < 2) {
            return Err(AnswerError::ServerTooOld);
        }
        let reads = matches!(request, Request::Get | Request::Acquire);
        Ok(match answer.status {
            200 if !reads => Reading::Done,
            200 if answer.body_bytes > 0 => Reading::Item {
                initialise: answer.action_flags.is_some_and(|flags| flags & 1 == 1),
                cookie: answer.lock_cookie,
            },
            423 if reads => Reading::Locked(lock(answer, now)),
            423 => Reading::Ignored(Unwritten::Locked(lock(answer, now))),
            _ if reads => Reading::NotFound,
            _ => Reading::Ignored(Unwritten::NotFound),
        })
    }
}

fn lock(answer: &AnswerHead, now: impl FnOnce() -> i64) -> Lock {
    let told = answer.lock_age_seconds.and_then(|age| u64::try_from(age).ok());
    let age_seconds = match (told, answer.lock_date) {
        (Some(age), _) if age >= LOCK_AGE_IMPLAUSIBLE => 0,
        (Some(age), _) => age,
        (None, Some(since)) => seconds_between(since, now()),
        (None, None) => 0,
    };
    Lock { cookie: answer.lock_cookie.unwrap_or_default(), age_seconds }
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadRequest => "the server runs but refused the request (400)",
            Self::ServerTooOld => "the server is older than .NET 2.0: its X-AspNet-Version is below 2",
        })
    }
}

impl std::error::Error for AnswerError {}
