//! The generator's sockets: one thread, one poller, the same for every server.

use std::{io, net::SocketAddr, time::Duration};

use anyhow::{Result, ensure};
use mio::{Events, Poll, Token};

use crate::{
    connection::Connection,
    dialect::Dialect,
    request::{Reply, Request},
};

/// Where and how to reach a server.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Its socket.
    pub(crate) address: SocketAddr,
    /// Its wire format.
    pub(crate) dialect: Dialect,
    /// Timeout given to sessions, in whole minutes as the state protocol counts.
    pub(crate) minutes: u32,
}

/// A fixed set of connections to one server.
#[derive(Debug)]
pub(crate) struct Engine {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    target: Target,
}

impl Engine {
    /// Opens `connections` connections to `target`.
    ///
    /// # Errors
    /// A connection is refused, or none is asked for.
    pub(crate) fn connect(target: &Target, connections: usize) -> Result<Self> {
        ensure!(
            connections >= 1,
            "--connections must be 1 or more, not {connections}"
        );
        let poll = Poll::new()?;
        let connections = (0..connections)
            .map(|index| Connection::open(target.address, poll.registry(), Token(index)))
            .collect::<Result<Vec<_>>>()?;
        let events = Events::with_capacity(connections.len());
        Ok(Self {
            poll,
            events,
            connections,
            target: target.clone(),
        })
    }

    /// How many connections there are; they are numbered from 0.
    #[must_use]
    pub(crate) fn connections(&self) -> usize {
        self.connections.len()
    }

    /// Sends `request` on an idle connection.
    ///
    /// # Errors
    /// The connection is broken.
    pub(crate) fn send(&mut self, connection: usize, request: Request) -> Result<()> {
        self.connections[connection].send(request, &self.target.dialect, self.target.minutes)
    }

    /// Waits up to `wait` for replies. `settle` gets each with its connection and may return the
    /// connection's next request, which is then sent at once.
    ///
    /// # Errors
    /// A connection breaks, a reply is none, or `settle` finds it wrong.
    pub(crate) fn poll(
        &mut self,
        wait: Duration,
        mut settle: impl FnMut(usize, Request, Reply<'_>) -> Result<Option<Request>>,
    ) -> Result<()> {
        // Below a millisecond the poller would round up and the generator be late: ask and come back.
        let wait = if wait < Duration::from_millis(1) {
            Duration::ZERO
        } else {
            wait
        };
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        let Target {
            dialect, minutes, ..
        } = &self.target;
        for event in &self.events {
            let index = event.token().0;
            let connection = &mut self.connections[index];
            connection.flush()?;
            let next =
                connection.receive(dialect, |request, reply| settle(index, request, reply))?;
            if let Some(request) = next.flatten() {
                connection.send(request, dialect, *minutes)?;
            }
        }
        Ok(())
    }
}
