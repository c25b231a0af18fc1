//! What one request goes over: a connection as ASP.NET's, or the client library.

use cloakroom_client::{Connection, Held, Item, Read, Session, Timeout, Visit, Written};

use super::trouble::Trouble;

/// Good for requests about one session.
#[derive(Debug)]
pub(super) enum Line {
    Stock(Connection, Session),
    Library(Visit),
}

impl Line {
    pub(super) async fn get(&mut self) -> Result<Read<Item>, Trouble> {
        match self {
            Self::Stock(connection, session) => Ok(connection.get(session).await?),
            Self::Library(visit) => Ok(visit.get().await?),
        }
    }

    pub(super) async fn get_exclusive(&mut self) -> Result<Read<Held>, Trouble> {
        match self {
            Self::Stock(connection, session) => Ok(connection.get_exclusive(session).await?),
            Self::Library(visit) => Ok(match visit.lock().await? {
                Read::Found(guard) => Read::Found(guard.into_held()),
                Read::Locked(lock) => Read::Locked(lock),
                Read::Absent => Read::Absent,
            }),
        }
    }

    pub(super) async fn set(
        &mut self,
        content: &[u8],
        timeout: Timeout,
        cookie: Option<i32>,
    ) -> Result<Written, Trouble> {
        match (self, cookie) {
            (Self::Stock(connection, session), _) => {
                Ok(connection.set(session, content, timeout, cookie).await?)
            }
            (Self::Library(visit), None) => Ok(visit.put(content, timeout).await?),
            (Self::Library(visit), Some(cookie)) => Ok(visit.put_under(cookie, content, timeout).await?),
        }
    }

    pub(super) async fn release(&mut self, cookie: i32) -> Result<Written, Trouble> {
        match self {
            Self::Stock(connection, session) => Ok(connection.release(session, cookie).await?),
            Self::Library(visit) => Ok(visit.release(cookie).await?),
        }
    }

    pub(super) async fn remove(&mut self, cookie: i32) -> Result<Written, Trouble> {
        match self {
            Self::Stock(connection, session) => Ok(connection.remove(session, Some(cookie)).await?),
            Self::Library(visit) => Ok(visit.remove_under(cookie).await?),
        }
    }

    pub(super) async fn touch(&mut self) -> Result<Written, Trouble> {
        match self {
            Self::Stock(connection, session) => Ok(connection.touch(session).await?),
            Self::Library(visit) => Ok(visit.touch().await?),
        }
    }
}
