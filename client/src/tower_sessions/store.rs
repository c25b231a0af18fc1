//! The store: what tower-sessions asks for, in the verbs of a visit.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use tower_sessions_core::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

use super::{
    clock,
    contention::{Contention, Forbearance},
    record,
    whereabouts::{self, Fate},
};
use crate::{Client, Failure, Read, Retry, Session, Visit, Written};

/// Ids have 122 random bits and more: even a second try is for a generator that repeats itself.
const IDS: usize = 8;
/// Of a write whose outcome is unknown, where doing it twice is as good as once.
const TIMES: usize = 2;

/// Sessions of one application, for a `SessionManagerLayer`. See [the module](super) for what it promises.
#[derive(Clone)]
pub struct CloakroomStore {
    client: Client,
    app: Arc<str>,
    forbearance: Forbearance,
}

impl CloakroomStore {
    /// The sessions of the application `app`. Those of another name are others; letter case matters.
    #[must_use]
    pub fn new(client: Client, app: impl Into<Arc<str>>) -> Self {
        Self { client, app: app.into(), forbearance: Forbearance::default() }
    }

    /// Waits this long, instead of 5 s, for a session that somebody else has locked.
    #[must_use]
    pub fn with_wait(mut self, wait: Duration) -> Self {
        self.forbearance.wait = wait;
        self
    }

    /// Breaks locks that are older than this, instead of 110 s. It has to be longer than any page of an ASP.NET
    /// application that has these sessions too may run (`executionTimeout`).
    #[must_use]
    pub fn with_break_after(mut self, break_after: Duration) -> Self {
        self.forbearance.break_after = break_after;
        self
    }

    fn begin(&self, id: Id) -> Result<Errand<'_>> {
        let id = id.to_string();
        let session = Session::new(&self.app, &id).map_err(|error| Error::Backend(error.to_string()))?;
        let visit = self.client.visit(&session, whereabouts::home(&self.app, &id));
        Ok(Errand { app: &self.app, id, visit, contention: Contention::new(self.forbearance) })
    }
}

impl fmt::Debug for CloakroomStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloakroomStore").field("app", &self.app).finish_non_exhaustive()
    }
}

#[async_trait]
impl SessionStore for CloakroomStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        for _ in 0..IDS {
            let mut errand = self.begin(record.id)?;
            if errand.is_free().await? {
                return errand.create(record).await;
            }
            record.id = Id::default();
        }
        Err(Error::Backend(format!("{IDS} new session ids in a row are taken: the generator repeats itself")))
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.begin(record.id)?.save(record).await
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let Some(body) = self.begin(*id)?.load().await? else { return Ok(None) };
        record::decode(*id, &body, clock::unix_seconds())
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.begin(*id)?.delete().await
    }
}

/// One thing to be done with one session.
struct Errand<'a> {
    app: &'a Arc<str>,
    id: String,
    visit: Visit,
    contention: Contention,
}

impl Errand<'_> {
    /// Tells the layer what became of the session.
    fn ended(&self, gone: bool) {
        let fate = if gone { Fate::Gone } else { Fate::Lives(self.visit.home()) };
        whereabouts::learned(self.app, &self.id, fate);
    }

    async fn is_free(&mut self) -> Result<bool> {
        Ok(matches!(self.visit.get().await.map_err(backend)?, Read::Absent))
    }

    /// Nobody else knows the id yet, so storing it twice is as good as once.
    async fn create(&mut self, record: &Record) -> Result<()> {
        let (body, timeout) = (record::encode(record)?, record::timeout(record, clock::unix_seconds()));
        let mut times = 1;
        loop {
            match self.visit.put(&body, timeout).await {
                Ok(Written::Locked(lock)) => self.contention.outlast(&mut self.visit, lock).await?,
                Ok(Written::Done) => {
                    self.ended(false);
                    return Ok(());
                }
                Ok(Written::Absent) => return Err(Error::Backend(ENDED.to_owned())),
                Err(failure) => again(failure, &mut times)?,
            }
        }
    }

    /// Under a lock, so that a session which was removed meanwhile is not brought back.
    async fn save(&mut self, record: &Record) -> Result<()> {
        let (body, timeout) = (record::encode(record)?, record::timeout(record, clock::unix_seconds()));
        let mut times = 1;
        loop {
            let guard = match self.visit.lock().await.map_err(backend)? {
                Read::Found(guard) => guard,
                Read::Locked(lock) => {
                    self.contention.outlast(&mut self.visit, lock).await?;
                    continue;
                }
                Read::Absent => return Err(Error::Backend(ENDED.to_owned())),
            };
            match guard.put(&body, timeout).await {
                Ok(Written::Done) => {
                    self.ended(false);
                    return Ok(());
                }
                Ok(Written::Locked(lock)) => self.contention.outlast(&mut self.visit, lock).await?,
                Ok(Written::Absent) => return Err(Error::Backend(ENDED.to_owned())),
                // The last one wins, so the same content once more is right, whatever became of the first.
                Err(failure) => again(failure, &mut times)?,
            }
        }
    }

    async fn load(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            match self.visit.get().await.map_err(backend)? {
                Read::Found(item) => {
                    self.ended(false);
                    return Ok(Some(item.body));
                }
                Read::Locked(lock) => self.contention.outlast(&mut self.visit, lock).await?,
                Read::Absent => {
                    self.ended(true);
                    return Ok(None);
                }
            }
        }
    }

    async fn delete(&mut self) -> Result<()> {
        let mut times = 1;
        loop {
            match self.visit.remove().await {
                Ok(Written::Done | Written::Absent) => {
                    self.ended(true);
                    return Ok(());
                }
                Ok(Written::Locked(lock)) => self.contention.outlast(&mut self.visit, lock).await?,
                Err(failure) => again(failure, &mut times)?,
            }
        }
    }
}

const ENDED: &str =
    "the session has ended since it was loaded, so nothing was stored: let the visitor begin anew";

/// Goes on with a write that may be done twice, if it is unknown whether it was done once.
fn again(failure: Failure, times: &mut usize) -> Result<()> {
    if *times >= TIMES || failure.retry() != Retry::LookFirst {
        return Err(backend(failure));
    }
    *times += 1;
    Ok(())
}

/// The message says what happened, whose fault it is and what to do.
#[expect(clippy::needless_pass_by_value, reason = "it is mapped over results")]
pub(super) fn backend(failure: Failure) -> Error {
    Error::Backend(failure.to_string())
}
