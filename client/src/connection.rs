//! One socket to a session node.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use cloakroom_protocol::aspnet::{AnswerDecoder, AnswerHead, Limits, Reader, Reading, Request, Unwritten};
use cloakroom_session::Timeout;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::stream::Stream;
use crate::tls::Tls;
use crate::{Error, Held, Item, Read, Session, Written, clock};

/// What ASP.NET waits for the network unless configured otherwise.
const DEADLINE: Duration = Duration::from_secs(10);
/// Silence after which the other machine is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(1);

/// How long a connection of a pool waits for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Connecting, with everything that must be agreed before the first request.
    pub(crate) connect: Duration,
    /// Each request.
    pub(crate) answer: Duration,
    /// A sign that the other machine is still there: its kernel gives one even if the node is busy.
    pub(crate) unreachable: Duration,
}

/// A connection to one node, with one request at a time.
pub struct Connection {
    stream: Stream,
    host: String,
    deadline: Duration,
    decoder: AnswerDecoder,
    reader: Reader,
    buffer: Vec<u8>,
    /// No earlier answer is outstanding.
    idle: bool,
}

/// Without what was received: it may be a session's content.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("host", &self.host)
            .field("idle", &self.idle)
            .finish_non_exhaustive()
    }
}

impl Connection {
    /// Connects to `server`, such as `127.0.0.1:42424` or `[::1]:42424`, within 10 seconds.
    ///
    /// # Errors
    /// [`Error::Connect`].
    pub async fn connect(server: &str) -> Result<Self, Error> {
        let connecting = timeout(DEADLINE, TcpStream::connect(server));
        let opened = match connecting.await {
            Ok(connected) => connected.and_then(prepared),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        };
        let socket = opened.map_err(|source| Error::Connect { server: server.to_owned(), source })?;
        Ok(Self::new(Stream::Plain(socket), host_of(server), DEADLINE))
    }

    /// Connects to `server` within 10 seconds, encrypted. Unless `tls` says otherwise, the server must prove to be the
    /// host that is named here.
    ///
    /// # Errors
    /// [`Error::Connect`], also if hands could not be shaken. A server that does not accept this client's certificate may
    /// say so only when it is asked for something.
    #[cfg(feature = "tls")]
    pub async fn connect_encrypted(server: &str, tls: &Tls) -> Result<Self, Error> {
        let host = host_of(server);
        let opening = async { tls.connect(prepared(TcpStream::connect(server).await?)?, host).await };
        let opened = timeout(DEADLINE, opening).await.unwrap_or(Err(io::ErrorKind::TimedOut.into()));
        let stream = opened.map_err(|source| Error::Connect { server: server.to_owned(), source })?;
        Ok(Self::new(stream, host, DEADLINE))
    }

    /// Connects to `address` and, if there is a `tls`, makes sure that it is `host` who answers there. May be dropped.
    ///
    /// # Errors
    /// [`Error::Connect`], also if hands could not be shaken.
    pub(crate) async fn dial(
        address: SocketAddr,
        host: &str,
        tls: Option<&Tls>,
        patience: Patience,
    ) -> Result<Self, Error> {
        let opening = async {
            let socket = prepared(TcpStream::connect(address).await?)?;
            notice_silence(&socket, patience.unreachable)?;
            match tls {
                None => Ok(Stream::Plain(socket)),
                Some(tls) => tls.connect(socket, host).await,
            }
        };
        let opened = timeout(patience.connect, opening).await.unwrap_or(Err(io::ErrorKind::TimedOut.into()));
        let stream = opened.map_err(|source| Error::Connect { server: address.to_string(), source })?;
        Ok(Self::new(stream, host, patience.answer))
    }

    fn new(stream: Stream, host: &str, deadline: Duration) -> Self {
        Self {
            stream,
            host: host.to_owned(),
            deadline,
            decoder: AnswerDecoder::default(),
            reader: Reader::default(),
            buffer: Vec::new(),
            idle: true,
        }
    }

    /// Gives each request this long instead of 10 seconds.
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// As [`Connection::with_deadline`], for a connection that stays where it is.
    pub(crate) fn set_deadline(&mut self, deadline: Duration) {
        self.deadline = deadline;
    }

    /// Whether another request can be sent: no earlier one was cut short, and the server has not closed the
    /// connection as far as is known here. Pools ask before they reuse one; the server may close it right after.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.idle && self.stream.is_silent()
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
        self.stream.flush().await?;
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

fn prepared(socket: TcpStream) -> io::Result<TcpStream> {
    socket.set_nodelay(true)?;
    Ok(socket)
}

/// Has the kernel end the connection when the other side acknowledges nothing for `unreachable`, be it a request or, on
/// a silent connection, the question whether it is still there.
fn notice_silence(socket: &TcpStream, unreachable: Duration) -> io::Result<()> {
    let socket = SockRef::from(socket);
    let probes = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE);
    socket.set_tcp_keepalive(&probes)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(unreachable))?;
    #[cfg(not(target_os = "linux"))]
    let _ = unreachable;
    Ok(())
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
