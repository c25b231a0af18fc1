//! One socket to a session node.

use std::io;
use std::mem::MaybeUninit;
use std::time::Duration;

use cloakroom_protocol::aspnet::{AnswerDecoder, AnswerHead, Limits, Reader, Reading, Request, Unwritten};
use cloakroom_session::Timeout;
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::{Error, Held, Item, Read, Session, Written, clock};

/// What ASP.NET waits for the network unless configured otherwise.
const DEADLINE: Duration = Duration::from_secs(10);

/// A connection to one node, with one request at a time.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    host: String,
    deadline: Duration,
    decoder: AnswerDecoder,
    reader: Reader,
    buffer: Vec<u8>,
    /// No earlier answer is outstanding.
    idle: bool,
}

impl Connection {
    /// Connects to `server`, such as `127.0.0.1:42424` or `[::1]:42424`, within 10 seconds.
    ///
    /// # Errors
    /// [`Error::Connect`].
    pub async fn connect(server: &str) -> Result<Self, Error> {
        let failed = |source| Error::Connect { server: server.to_owned(), source };
        let stream = match timeout(DEADLINE, TcpStream::connect(server)).await {
            Ok(connected) => connected.map_err(failed)?,
            Err(_) => return Err(failed(io::ErrorKind::TimedOut.into())),
        };
        stream.set_nodelay(true).map_err(failed)?;
        Ok(Self {
            stream,
            host: host_of(server).to_owned(),
            deadline: DEADLINE,
            decoder: AnswerDecoder::default(),
            reader: Reader::default(),
            buffer: Vec::new(),
            idle: true,
        })
    }

    /// Gives each request this long instead of 10 seconds.
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Whether another request can be sent: no earlier one was cut short, and the server has not closed the
    /// connection as far as is known here. Pools ask before they reuse one; the server may close it right after.
    #[must_use]
    pub fn is_open(&self) -> bool {
        // Asked of the kernel itself: what the runtime last heard may be older than the server's end.
        let peeked = SockRef::from(&self.stream).peek(&mut [MaybeUninit::uninit()]);
        // Bytes that nobody asked for are as bad as the end.
        self.idle && peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Reads a session without locking it.
    ///
    /// # Errors
    /// Any [`Error`] but [`Error::Connect`] and [`Error::EmptyBody`].
    pub async fn get(&mut self, session: &Session) -> Result<Read<Item>, Error> {
        self.read(session, &Request::Get, |item, _| Ok(item)).await
    }

    /// Reads a session and locks it for this reader.
    ///
    /// # Errors
    /// As [`Connection::get`].
    pub async fn get_exclusive(&mut self, session: &Session) -> Result<Read<Held>, Error> {
        let held = |item, cookie: Option<i32>| {
            Ok(Held { item, cookie: cookie.ok_or(Error::Missing("LockCookie"))? })
        };
        self.read(session, &Request::Acquire, held).await
    }

    /// Stores a session and unlocks it, with the cookie of the lock if it is `held`.
    ///
    /// # Errors
    /// As [`Connection::get`], and [`Error::EmptyBody`].
    pub async fn set(
        &mut self,
        session: &Session,
        body: &[u8],
        timeout: Timeout,
        held: Option<i32>,
    ) -> Result<Written, Error> {
        if body.is_empty() {
            return Err(Error::EmptyBody);
        }
        let cookie = held.unwrap_or_default();
        self.write(session, &Request::Set { timeout, uninitialised: false, cookie, body }).await
    }

    /// Unlocks a session without writing it.
    ///
    /// # Errors
    /// As [`Connection::get`].
    pub async fn release(&mut self, session: &Session, cookie: i32) -> Result<Written, Error> {
        self.write(session, &Request::Release { cookie }).await
    }

    /// Deletes a session, with the cookie of the lock if it is `held`.
    ///
    /// # Errors
    /// As [`Connection::get`].
    pub async fn remove(&mut self, session: &Session, held: Option<i32>) -> Result<Written, Error> {
        self.write(session, &Request::Remove { cookie: held.unwrap_or_default() }).await
    }

    /// Keeps a session alive.
    ///
    /// # Errors
    /// As [`Connection::get`].
    pub async fn touch(&mut self, session: &Session) -> Result<Written, Error> {
        self.write(session, &Request::Touch).await
    }

    async fn read<T>(
        &mut self,
        session: &Session,
        request: &Request<'_>,
        found: impl FnOnce(Item, Option<i32>) -> Result<T, Error>,
    ) -> Result<Read<T>, Error> {
        let (reading, head, body) = self.request(session, request).await?;
        let read = match reading {
            Reading::Item { initialise, cookie } => {
                let timeout = timeout_of(&head).ok_or(Error::Missing("Timeout"))?;
                Read::Found(found(Item { body, timeout, initialise }, cookie)?)
            }
            Reading::Locked(lock) => Read::Locked(lock),
            _ => Read::Absent,
        };
        self.idle = true;
        Ok(read)
    }

    async fn write(&mut self, session: &Session, request: &Request<'_>) -> Result<Written, Error> {
        let (reading, _, _) = self.request(session, request).await?;
        self.idle = true;
        Ok(match reading {
            Reading::Ignored(Unwritten::Locked(lock)) => Written::Locked(lock),
            Reading::Ignored(Unwritten::NotFound) => Written::Absent,
            _ => Written::Done,
        })
    }

    /// Leaves the connection busy: only a caller who made sense of the answer sets it idle again, so
    /// that neither a failure nor a dropped future leaves an answer behind for the next request.
    async fn request(
        &mut self,
        session: &Session,
        request: &Request<'_>,
    ) -> Result<(Reading, AnswerHead, Vec<u8>), Error> {
        if !std::mem::replace(&mut self.idle, false) {
            return Err(Error::Interrupted);
        }
        let exchange = timeout(self.deadline, self.exchange(session, request)).await;
        let (head, body) = exchange.unwrap_or(Err(Error::TimedOut(self.deadline)))?;
        if !matches!(head.status, 200 | 400 | 404 | 423) {
            return Err(Error::Status(head.status));
        }
        let reading = self.reader.read(request, &head, clock::now)?;
        Ok((reading, head, body))
    }

    async fn exchange(
        &mut self,
        session: &Session,
        request: &Request<'_>,
    ) -> Result<(AnswerHead, Vec<u8>), Error> {
        self.buffer.clear();
        request.encode(&mut self.buffer, &self.host, &session.target);
        self.stream.write_all(&self.buffer).await?;
        self.buffer.clear();
        let limits = Limits { body_bytes: i32::MAX.unsigned_abs(), ..Limits::default() };
        let head = loop {
            self.receive().await?;
            if let Some(head) = self.decoder.head(&self.buffer, &limits).map_err(Error::Answer)? {
                break head;
            }
        };
        self.buffer.drain(..head.head_bytes);
        let body_bytes = usize::try_from(head.body_bytes).unwrap_or(usize::MAX);
        while self.buffer.len() < body_bytes {
            self.receive().await?;
        }
        if self.buffer.len() > body_bytes {
            return Err(Error::Surplus);
        }
        Ok((head, std::mem::take(&mut self.buffer)))
    }

    async fn receive(&mut self) -> Result<(), Error> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 { Err(Error::Closed) } else { Ok(()) }
    }
}

fn timeout_of(head: &AnswerHead) -> Option<Timeout> {
    let minutes = u32::try_from(head.timeout_minutes?).ok()?;
    Timeout::from_minutes(minutes).ok()
}

/// The host of `host:port`, as ASP.NET names it in requests: no port, no brackets.
fn host_of(server: &str) -> &str {
    let host = server.rsplit_once(':').map_or(server, |(host, _)| host);
    host.trim_start_matches('[').trim_end_matches(']')
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn the_host_goes_without_port_and_brackets() {
        for (server, host) in
            [("localhost:42424", "localhost"), ("[::1]:42424", "::1"), ("10.0.0.7:1", "10.0.0.7")]
        {
            assert_eq!(host_of(server), host);
        }
    }
}
