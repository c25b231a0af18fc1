//! From a listening socket to connections.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::admission::Full;
use super::connection::Connection;
use super::handshake::shake_hands;
use super::stream::Stream;
use super::tls::Tls;
use crate::metrics::ConnectionRefused as Refused;

/// Connections that may wait for being accepted; web servers reconnect all at once after a restart.
const BACKLOG: i32 = 4096;

/// Finds peers that vanished without a word; the idle timeout is for those that are still there.
const KEEPALIVE: TcpKeepalive =
    TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(15));

/// How long accepting pauses, unless a connection ends before, when there is no descriptor left.
const PAUSE: Duration = Duration::from_millis(100);

/// Running out of descriptors is logged no more often.
const LOGGED_EVERY: Duration = Duration::from_secs(1);

/// Binds `address`.
///
/// # Errors
/// Those of the socket; the address is in use, not this machine's, or not permitted.
pub(super) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM.nonblocking(), Some(Protocol::TCP))?;
    // A restart must not wait for the connections of the last run to be forgotten.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// A port that clients connect to.
pub(super) struct Port {
    pub(super) listener: TcpListener,
    /// What comes here is encrypted.
    pub(super) tls: Option<Arc<Tls>>,
}

/// Accepts connections until `shutdown`, each served in a task of `tasks`.
pub(super) async fn accept(
    port: Port,
    shared: &Arc<Shared>,
    tasks: &mut JoinSet<()>,
    shutdown: &CancellationToken,
) {
    let Port { listener, tls } = port;
    let mut logged = None;
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            Some(_) = tasks.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((socket, peer)) => welcome(shared, tls.clone(), tasks, socket, peer),
                Err(error) if out_of_descriptors(&error) => {
                    shared.metrics.connections_refused.inc(Refused::Fds);
                    let now = shared.clock.elapsed();
                    if logged.is_none_or(|logged| now >= logged + LOGGED_EVERY) {
                        logged = Some(now);
                        tracing::warn!(
                            %error,
                            "no descriptor left for a connection; \
                             raise the limit of open files (ulimit -n) or lower limits.connections"
                        );
                    }
                    a_connection_ends(tasks).await;
                }
                // The peer was gone before it was accepted.
                Err(error) => tracing::debug!(%error, "accepting failed"),
            }
        }
    }
}

fn welcome(
    shared: &Arc<Shared>,
    tls: Option<Arc<Tls>>,
    tasks: &mut JoinSet<()>,
    socket: TcpStream,
    peer: SocketAddr,
) {
    let ticket = match shared.admission.admit(peer.ip()) {
        Ok(ticket) => ticket,
        Err(full) => {
            shared.metrics.connections_refused.inc(match full {
                Full::Node => Refused::Limit,
                Full::Source => Refused::SourceLimit,
            });
            return;
        }
    };
    if let Err(error) = prepare(&socket) {
        tracing::debug!(%error, "the peer is gone already");
        return;
    }
    shared.metrics.connections_accepted.inc();
    shared.metrics.connections_open.inc();
    let shared = Arc::clone(shared);
    tasks.spawn(async move {
        let vital = shared.watchdog.watch();
        let opened = match tls {
            None => Ok(Stream::Plain(socket)),
            // In a place of its own, so that plain connections need no room for it.
            Some(tls) => Box::pin(shake_hands(&shared, &tls, &vital, socket)).await,
        };
        let closed = match opened {
            Ok(socket) => Connection::new(Arc::clone(&shared), socket, vital).run().await,
            Err(closed) => closed,
        };
        shared.metrics.connections_open.dec();
        shared.metrics.connections_closed.inc(closed);
        tracing::debug!(%peer, ?closed, "connection closed");
        drop(ticket);
    });
}

fn prepare(socket: &TcpStream) -> io::Result<()> {
    // An answer is one write; waiting to join it with a next one only delays it.
    socket.set_nodelay(true)?;
    SockRef::from(socket).set_tcp_keepalive(&KEEPALIVE)
}

fn out_of_descriptors(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM))
}

async fn a_connection_ends(tasks: &mut JoinSet<()>) {
    let ended = async {
        if tasks.join_next().await.is_none() {
            pending::<()>().await;
        }
    };
    // Others of this process may have given a descriptor back by the end of the pause.
    drop(tokio::time::timeout(PAUSE, ended).await);
}
