//! The calls, by the three ways that share a runtime.

use std::{rc::Rc, time::Duration};

use anyhow::{Result, ensure};
use cloakroom_client::{Client, Connection, Read, Session, Timeout, Written};
use cloakroom_protocol::aspnet::Request;

use super::{is_over, socket::Socket};
use crate::clock::Clock;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// A read.
    Get,
    /// A write.
    Put,
    /// A read that locks, then a write that unlocks, as every page does: two requests.
    LockThenPut,
}

impl Call {
    pub(super) const ALL: [Self; 3] = [Self::Get, Self::Put, Self::LockThenPut];

    /// How many requests it is.
    pub(super) const fn requests(self) -> u64 {
        match self {
            Self::Get | Self::Put => 1,
            Self::LockThenPut => 2,
        }
    }
}

/// Of which session, and with what content.
#[derive(Debug)]
pub(super) struct Errand {
    pub(super) session: Session,
    pub(super) target: Rc<str>,
    pub(super) body: Vec<u8>,
    pub(super) timeout: Timeout,
}

impl Errand {
    pub(super) fn put(&self, cookie: i32) -> Request<'_> {
        Request::Set { timeout: self.timeout, uninitialised: false, cookie, body: &self.body }
    }
}

/// Who makes the calls.
pub(super) enum Caller {
    Socket(Socket),
    Connection(Box<Connection>),
    Client(Client),
}

impl Caller {
    /// Stores the session once and then makes calls until `window` is over. Returns how many requests that were.
    pub(super) async fn spend(&mut self, call: Call, errand: &Errand, window: Duration) -> Result<u64> {
        self.make(Call::Put, errand).await?;
        let (clock, mut requests) = (Clock::start(), 0);
        while !is_over(clock, requests, window) {
            self.make(call, errand).await?;
            requests += call.requests();
        }
        Ok(requests)
    }

    async fn make(&mut self, call: Call, errand: &Errand) -> Result<()> {
        match self {
            Self::Socket(socket) => socket.make(call, errand).await,
            Self::Connection(connection) => by_connection(connection, call, errand).await,
            Self::Client(client) => by_client(client, call, errand).await,
        }
    }
}

async fn by_connection(node: &mut Connection, call: Call, errand: &Errand) -> Result<()> {
    let Errand { session, body, timeout, .. } = errand;
    let written = match call {
        Call::Get => return found(&node.get(session).await?, |item| item.body == *body),
        Call::Put => node.set(session, body, *timeout, None).await?,
        Call::LockThenPut => {
            let read = node.get_exclusive(session).await?;
            found(&read, |held| held.item.body == *body)?;
            let Read::Found(held) = read else { unreachable!("it was found") };
            node.set(session, body, *timeout, Some(held.cookie)).await?
        }
    };
    done(written)
}

async fn by_client(client: &Client, call: Call, errand: &Errand) -> Result<()> {
    let Errand { session, body, timeout, .. } = errand;
    let written = match call {
        Call::Get => return found(&client.get(session).await?, |item| item.body == *body),
        Call::Put => client.put(session, body, *timeout).await?,
        Call::LockThenPut => {
            let read = client.lock(session).await?;
            found(&read, |lock| lock.body == *body)?;
            let Read::Found(lock) = read else { unreachable!("it was found") };
            lock.put(body, *timeout).await?
        }
    };
    done(written)
}

fn found<T>(read: &Read<T>, is_right: impl FnOnce(&T) -> bool) -> Result<()> {
    ensure!(matches!(read, Read::Found(item) if is_right(item)), "the node answered with something else");
    Ok(())
}

fn done(written: Written) -> Result<()> {
    ensure!(written == Written::Done, "the node refused a write: {written:?}");
    Ok(())
}
