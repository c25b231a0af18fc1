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
        ensure!(connections >= 1, "--connections must be 1 or more, not {connections}");
        let poll = Poll::new()?;
        let connections = (0..connections)
            .map(|index| Connection::open(target.address, poll.registry(), Token(index)))
            .collect::<Result<Vec<_>>>()?;
        let events = Events::with_capacity(connections.len());
        Ok(Self { poll, events, connections, target: target.clone() })
    }

    /// How many connections there are; they are numbered from 0.
    #[must_use]
    pub(crate) fn connections(&self) -> usize {
        self.connections.len()
    }

    /// Sends `request` on an idle connection; one that was idle for too long is opened anew first, as the
    /// real client's pool does.
    ///
    /// # Errors
    /// The connection is broken.
    pub(crate) fn send(&mut self, connection: usize, request: Request) -> Result<()> {
        let idle = &mut self.connections[connection];
        if idle.closed() {
            *idle = Connection::open(self.target.address, self.poll.registry(), Token(connection))?;
        }
        idle.send(request, &self.target.dialect, self.target.minutes)
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
        let wait = if wait < Duration::from_millis(1) { Duration::ZERO } else { wait };
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        let Target { dialect, minutes, .. } = &self.target;
        for event in &self.events {
            let index = event.token().0;
            let connection = &mut self.connections[index];
            connection.flush()?;
            let next = connection.receive(dialect, |request, reply| settle(index, request, reply))?;
            if let Some(request) = next.flatten() {
                connection.send(request, dialect, *minutes)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
    };

    use super::*;
    use crate::population::Population;

    #[test]
    fn a_connection_that_was_closed_while_idle_is_opened_anew() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Target { address: listener.local_addr().unwrap(), dialect: Dialect::State, minutes: 20 };
        let mut engine = Engine::connect(&target, 1).unwrap();
        drop(listener.accept().unwrap());
        while !engine.connections[0].closed() {
            engine.poll(Duration::from_secs(10), |_, _, _| panic!("nothing was asked")).unwrap();
        }
        engine.send(0, Population::ask_for_nobody(0)).unwrap();
        // It has connected by now, or never will.
        listener.set_nonblocking(true).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        assert!(server.read(&mut [0; 1024]).unwrap() > 0);
        server.write_all(b"404 Not Found\r\nContent-Length: 0\r\n\r\n").unwrap();
        let mut answers = 0;
        while answers == 0 {
            let count = |_, _, reply: Reply<'_>| {
                answers += usize::from(reply == Reply::Absent);
                Ok(None)
            };
            engine.poll(Duration::from_secs(10), count).unwrap();
        }
    }
}
