//! The peer port: where other nodes ask this one.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::answering::Answering;
use super::hello::{self, NoHello, Refusal};
use super::limits::{ACCEPTED_LINKS, HELLO_TIME, UNPROVED_LINKS, UNPROVED_LINKS_PER_SOURCE};
use super::local::Local;
use super::message::{Caller, Respond};
use super::pipe::{Pipe, Stream};
use super::socket::prepare;
use super::tcp::TcpPeers;
use crate::metrics::Word;
use crate::server::admission::{Admission, Ticket};

/// How long accepting pauses when the system has no descriptor left.
const PAUSE: Duration = Duration::from_millis(100);
/// A refusal is logged no more often than this for the same reason: strangers must not fill the log.
const LOGGED_EVERY: Duration = Duration::from_secs(10);

/// A bound peer port.
#[derive(Debug)]
pub struct PeerListener {
    listener: TcpListener,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    local: Arc<Local>,
    unproved: Arc<Admission>,
    accepted: Arc<Semaphore>,
    /// One bit for each reason that was logged lately.
    logged: AtomicU32,
}

impl PeerListener {
    /// Binds `address` (port 0 takes a free one) for the node that asks by `peers`. Must be called within
    /// a tokio runtime.
    ///
    /// # Errors
    /// Those of binding: the address is in use, not this machine's, or not permitted.
    pub fn bind(address: SocketAddr, peers: &TcpPeers) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let shared = Shared {
            local: Arc::clone(&peers.local),
            unproved: Arc::new(Admission::new(UNPROVED_LINKS, UNPROVED_LINKS_PER_SOURCE)),
            accepted: Arc::new(Semaphore::new(ACCEPTED_LINKS)),
            logged: AtomicU32::new(0),
        };
        Ok(Self { listener: TcpListener::from_std(listener)?, shared: Arc::new(shared) })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Lets `respond` answer until `stop`, then ends the links, each after the answers that are due.
    /// `respond` also hears of answers from elsewhere that this node did not wait for.
    pub async fn serve(self, respond: Arc<dyn Respond>, stop: CancellationToken) {
        let Self { listener, shared } = self;
        shared.local.unwanted.tell(&respond);
        let mut links = JoinSet::new();
        let mut forget = tokio::time::interval(LOGGED_EVERY);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(_) = links.join_next() => {}
                _ = forget.tick() => shared.logged.store(0, Ordering::Relaxed),
                accepted = listener.accept() => match accepted {
                    Ok((socket, from)) => {
                        let (shared, respond, stop) = (Arc::clone(&shared), Arc::clone(&respond), stop.clone());
                        match shared.unproved.admit(from.ip()) {
                            Ok(unproved) => {
                                links.spawn(link(shared, socket, from, respond, unproved, stop));
                            }
                            Err(_) => shared.refused(from, &NoHello::Refused(Refusal::Crowded)),
                        }
                    }
                    Err(error) => {
                        tracing::debug!(%error, "accepting a peer failed");
                        drop(timeout(PAUSE, stop.cancelled()).await);
                    }
                }
            }
        }
        drop(listener);
        while links.join_next().await.is_some() {}
    }
}

/// One link, from its first byte to its last.
async fn link(
    shared: Arc<Shared>,
    socket: TcpStream,
    from: SocketAddr,
    respond: Arc<dyn Respond>,
    unproved: Ticket,
    stop: CancellationToken,
) {
    let greeted = tokio::select! {
        biased;
        () = stop.cancelled() => return,
        greeted = timeout(HELLO_TIME, greet(&shared.local, socket, from)) => greeted,
    };
    drop(unproved);
    let (caller, pipe) = match greeted.unwrap_or(Err(NoHello::TooSlow)) {
        Ok(greeted) => greeted,
        Err(no_hello) => return shared.refused(from, &no_hello),
    };
    let Ok(_accepted) = Arc::clone(&shared.accepted).try_acquire_owned() else {
        return shared.refused(from, &NoHello::Refused(Refusal::Crowded));
    };
    let metrics = &shared.local.metrics;
    let peer = Arc::clone(&caller.name);
    tracing::info!(%peer, %from, inc = caller.inc, "link accepted");
    metrics.peer_links_open.inc();
    let mut answering = Answering::new(pipe, caller, respond);
    let broken = answering.run(&stop).await;
    metrics.peer_links_open.dec();
    tracing::info!(%peer, %from, %broken, "accepted link closed");
    answering.give_back(&stop).await;
}

async fn greet(local: &Local, socket: TcpStream, from: SocketAddr) -> Result<(Caller, Pipe), NoHello> {
    prepare(&socket)?;
    let mut stream: Box<dyn Stream> = match &local.tls {
        Some(tls) => tls.accept(socket).await.map_err(NoHello::Tls)?,
        None => Box::new(socket),
    };
    let caller = hello::answer(&mut stream, &local.introduction(), &local.key, from).await?;
    Ok((caller, Pipe::new(stream, Arc::clone(&local.metrics))))
}

impl Shared {
    fn refused(&self, from: SocketAddr, why: &NoHello) {
        let word = why.word();
        self.local.metrics.peer_hellos_refused.inc(word);
        let bit = 1 << word.index();
        if self.logged.fetch_or(bit, Ordering::Relaxed) & bit == 0 {
            tracing::warn!(%from, %why, "no link from this address");
        } else {
            tracing::debug!(%from, %why, "no link from this address");
        }
    }
}
