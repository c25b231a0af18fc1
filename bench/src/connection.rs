//! One non-blocking connection with at most one request under way, as the real ASP.NET client uses
//! its sockets.

use std::{
    io::{self, Read as _, Write as _},
    net::SocketAddr,
};

use anyhow::{Result, bail};
use mio::{Interest, Registry, Token, net::TcpStream};

use crate::{
    dialect::Dialect,
    request::{Reply, Request},
};

/// Enough for nearly every answer in one read.
const INPUT_SIZE: usize = 64 * 1024;

/// A socket and the request on it.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    asked: Option<Request>,
    output: Vec<u8>,
    written: usize,
    input: Vec<u8>,
    filled: usize,
    closed: bool,
}

impl Connection {
    /// Connects to `address` and registers under `token`.
    pub(crate) fn open(address: SocketAddr, registry: &Registry, token: Token) -> Result<Self> {
        // Connected before it is made non-blocking, so that a refusal is seen here and not later.
        let stream = crate::probe::open(address)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        let input = vec![0; INPUT_SIZE];
        Ok(Self { stream, asked: None, output: Vec::new(), written: 0, input, filled: 0, closed: false })
    }

    /// Whether the server has closed it while nothing was under way, as servers do with what is long idle.
    #[must_use]
    pub(crate) const fn closed(&self) -> bool {
        self.closed
    }

    /// Sends `request`, or as much of it as the socket takes now.
    pub(crate) fn send(&mut self, request: Request, dialect: &Dialect, minutes: u32) -> Result<()> {
        debug_assert!(self.asked.is_none(), "one request at a time");
        self.output.clear();
        self.written = 0;
        dialect.encode(&request, minutes, &mut self.output);
        self.asked = Some(request);
        self.flush()
    }

    /// Writes what is left of the request.
    pub(crate) fn flush(&mut self) -> Result<()> {
        while self.written < self.output.len() {
            match self.stream.write(&self.output[self.written..]) {
                Ok(written) => self.written += written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Reads until the reply is whole or the socket is empty, and hands a whole one to `settle`.
    pub(crate) fn receive<T>(
        &mut self,
        dialect: &Dialect,
        settle: impl FnOnce(Request, Reply<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let Some(request) = self.asked else {
            self.closed |= matches!(self.stream.read(&mut self.input), Ok(0));
            return Ok(None);
        };
        loop {
            if self.filled == self.input.len() {
                self.input.resize(2 * self.filled, 0);
            }
            match self.stream.read(&mut self.input[self.filled..]) {
                Ok(0) => bail!("the server closed a connection with {request:?} under way"),
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error.into()),
            }
            let input = &self.input[..self.filled];
            if let Some((taken, reply)) = dialect.decode(request.operation, input)? {
                if taken != self.filled {
                    bail!("the server sent more than the answer to {request:?}");
                }
                self.asked = None;
                self.filled = 0;
                return settle(request, reply).map(Some);
            }
        }
    }
}
