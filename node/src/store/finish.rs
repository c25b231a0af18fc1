//! What a command does while it waits.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_session::{Command, CookieField, Outcome};
use tokio::sync::oneshot;

use super::execute::{Execution, Loaded, Reason, Request, Waiting, Wanted};
use super::load::load_and_keep;
use super::{Answer, At, Store, Stored};
use crate::metrics::{CreationRefused, Unanswered};

/// The longest that a request is held: the client gives up after 10 s (MS-ASP leaves it to
/// `stateNetworkTimeout`), and an error that it sees beats an answer that it does not.
const HOLD: Duration = Duration::from_secs(8);

/// The question could not be answered. The only honest thing on the wire is to close the connection:
/// every status would be read as an answer. [`Unavailable::Moved`] can be asked elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// It took longer than a client waits.
    #[error("held for {} s without an answer", HOLD.as_secs())]
    TooSlow,
    /// The journal has stopped; whether the change is durable is unknown.
    #[error("the journal has stopped")]
    Stopped,
    /// The session is there and cannot be read.
    #[error("the session cannot be read from disk")]
    Unreadable,
    /// A new session cannot be stored.
    #[error("the disk is full")]
    DiskFull,
    /// Its key hashes to the slot of another live session.
    #[error("the session id collides with another one's hash")]
    Collision,
    /// The node that owns the session was asked, and did not say what became of it.
    #[error("the session's owner gave no answer")]
    Elsewhere,
    /// Too few of the other nodes answered, so that another one may own the session by now.
    #[error("cut off from too many of the other nodes")]
    CutOff,
    /// The backing store did not say what became of it.
    #[error("the backing store gave no answer")]
    BackingStore,
    /// The backing store is not reached from this node, and nothing was done.
    #[error("the backing store is not reached from here")]
    NotDone,
    /// The store has gone on to another ring epoch, or the session is not here any more; nothing was decided.
    #[error("the session may belong to another node now")]
    Moved,
}

impl Unavailable {
    /// What it is counted as; `None` if the question is asked again.
    fn word(self) -> Option<Unanswered> {
        match self {
            Self::TooSlow => Some(Unanswered::TooSlow),
            Self::Stopped => Some(Unanswered::Stopped),
            Self::Unreadable => Some(Unanswered::Unreadable),
            Self::DiskFull | Self::Collision => Some(Unanswered::Refused),
            Self::Elsewhere => Some(Unanswered::Elsewhere),
            Self::CutOff => Some(Unanswered::CutOff),
            Self::BackingStore | Self::NotDone => Some(Unanswered::BackingStore),
            Self::Moved => None,
        }
    }
}

impl Store {
    /// Goes on with a command that [`Store::execute`] could not finish. The arguments are those of
    /// the first call.
    ///
    /// # Errors
    /// [`Unavailable`]: close the connection without an answer, or ask again where the session is now.
    pub async fn finish(
        self: &Arc<Self>,
        at: At,
        waiting: Waiting,
        key: &[u8],
        command: Command,
        content: Option<&Stored>,
    ) -> Result<Answer, Unavailable> {
        let request = Request { at, key, command, content };
        let mut granted = None;
        let finished = self.go_on(waiting, request, &mut granted);
        let finished = tokio::time::timeout(HOLD, finished).await.unwrap_or(Err(Unavailable::TooSlow));
        if finished.is_err()
            && let Some(cookie) = granted
        {
            // Nobody will ever hear of this lock.
            let cookie = CookieField::Value(cookie);
            let _ = self.execute(at, key, Command::Release { cookie }, None);
        }
        if let Some(word) = finished.as_ref().err().and_then(|unavailable| unavailable.word()) {
            self.metrics.requests_unanswered.inc(word);
        }
        finished
    }

    async fn go_on(
        self: &Arc<Self>,
        mut waiting: Waiting,
        request: Request<'_>,
        granted: &mut Option<i32>,
    ) -> Result<Answer, Unavailable> {
        loop {
            let mut loaded = None;
            match waiting.0 {
                Reason::Durable(version, answer) => {
                    if let Outcome::Acquired { cookie, .. } = answer.outcome {
                        *granted = Some(cookie);
                    }
                    self.journal.queue.durable(version).await.map_err(|_| Unavailable::Stopped)?;
                    return Ok(answer);
                }
                Reason::Room => self.journal.queue.room().await.map_err(|_| Unavailable::Stopped)?,
                Reason::Load(wanted) => loaded = self.fetch(wanted).await?,
                Reason::Refused(CreationRefused::DiskFull) => return Err(Unavailable::DiskFull),
                Reason::Refused(CreationRefused::Collision) => return Err(Unavailable::Collision),
            }
            match self.attempt(request, loaded.as_ref()) {
                Execution::Answered(answer) => return Ok(answer),
                Execution::Moved | Execution::Missing => return Err(Unavailable::Moved),
                Execution::Waiting(again) => waiting = again,
            }
        }
    }

    /// Reads a body off the event loop, or waits for whoever is reading it; `None` then.
    async fn fetch(self: &Arc<Self>, wanted: Wanted) -> Result<Option<Loaded>, Unavailable> {
        let joined = {
            let mut shard = self.shard(wanted.place).lock();
            match shard.loading.get_mut(&wanted.place.slot()) {
                Some(waiters) => {
                    let (sender, receiver) = oneshot::channel();
                    waiters.push(sender);
                    Some(receiver)
                }
                None => {
                    shard.loading.insert(wanted.place.slot(), Vec::new());
                    None
                }
            }
        };
        if let Some(receiver) = joined {
            // If the reader died, this one tries itself.
            let _ = receiver.await;
            return Ok(None);
        }
        let store = Arc::clone(self);
        // A task of its own: the read goes on for the others when this client leaves.
        let read = tokio::spawn(async move {
            let permit = store.cold_reads.acquire().await;
            let reader = Arc::clone(&store);
            let loaded = tokio::task::spawn_blocking(move || load_and_keep(&reader, &wanted)).await;
            drop(permit);
            loaded
        });
        match read.await {
            Ok(Ok(Ok(loaded))) => Ok(Some(loaded)),
            Ok(Ok(Err(_))) => Err(Unavailable::Unreadable),
            // Cancelled: the runtime is going down.
            Ok(Err(_)) | Err(_) => Err(Unavailable::Stopped),
        }
    }
}
