//! One blocking connection, for the moments when nothing is measured per request: waiting until a
//! server answers, preparing it, timing its recovery.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Result, bail, ensure};

use crate::{
    dialect::Dialect,
    request::{Reply, Request},
};

/// How long one answer may take before the server counts as stuck.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection that asks one thing at a time.
#[derive(Debug)]
pub(crate) struct Probe {
    stream: TcpStream,
    dialect: Dialect,
    minutes: u32,
}

impl Probe {
    /// Connects to `address`; what is written lives for `minutes`.
    ///
    /// # Errors
    /// The connection is refused.
    pub(crate) fn connect(address: SocketAddr, dialect: Dialect, minutes: u32) -> Result<Self> {
        Ok(Self { stream: open(address)?, dialect, minutes })
    }

    /// Sends `request` and hands its reply to `read`.
    ///
    /// # Errors
    /// The connection breaks, or the answer is an error.
    pub(crate) fn ask<T>(&mut self, request: Request, read: impl FnOnce(Reply<'_>) -> T) -> Result<T> {
        let (mut output, mut input) = (Vec::new(), Vec::new());
        self.dialect.encode(&request, self.minutes, &mut output);
        self.stream.write_all(&output)?;
        loop {
            read_some(&mut self.stream, &mut input)?;
            if let Some((taken, reply)) = self.dialect.decode(request.operation, &input)? {
                ensure!(taken == input.len(), "the server sent more than it was asked for");
                return Ok(read(reply));
            }
        }
    }
}

/// A connection to `address` with [`PATIENCE`].
///
/// # Errors
/// The connection is refused.
pub(crate) fn open(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Appends what has arrived, at least one byte.
///
/// # Errors
/// The connection is closed or silent for [`PATIENCE`].
pub(crate) fn read_some(stream: &mut TcpStream, input: &mut Vec<u8>) -> Result<()> {
    let mut chunk = [0; 16 * 1024];
    match stream.read(&mut chunk)? {
        0 => bail!("the server closed the connection"),
        read => {
            input.extend_from_slice(&chunk[..read]);
            Ok(())
        }
    }
}
