//! The state port: everything between a socket and the store.
//!
//! One task per connection. A connection reads into its thread's working memory, serves every
//! complete request at once and answers in the same poll; only what takes time leaves that path.

mod accept;
pub(crate) mod admission;
mod budget;
mod connection;
mod exchange;
mod handshake;
mod inbox;
mod limits;
mod outbox;
mod scratch;
mod stream;
pub(crate) mod tls;
mod watchdog;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cloakroom_node_config::NodeConfig;
use cloakroom_protocol::aspnet::{self, AnswerStyle, BadVersion};
use futures_util::future::join_all;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use self::accept::Port;
use self::admission::Admission;
use self::budget::Budget;
use self::limits::Timing;
use self::tls::Tls;
use self::watchdog::Watchdog;
use crate::clock::Clock;
use crate::gateway::Gateway;
use crate::metrics::Metrics;
use crate::tls::TlsUnusable;

/// Why sessions cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum NotBound {
    /// The state port is in use, not this machine's, or not permitted.
    #[error("cannot listen for sessions on {address}; choose another address with --state-listen: {error}")]
    Plain {
        /// Which.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// So is the other one.
    #[error("cannot listen for encrypted connections on {address}; write another stateTls.listen: {error}")]
    Encrypted {
        /// Which.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// Its certificates cannot be used.
    #[error("stateTls: {0}")]
    Tls(#[from] TlsUnusable),
    /// The configured version is none that clients accept.
    #[error("aspnetVersion: {0}")]
    Version(#[from] BadVersion),
}

/// The bound state port, and the one for encrypted connections beside it if there is one.
pub struct Server {
    plain: TcpListener,
    encrypted: Option<(TcpListener, Tls)>,
    shared: Arc<Shared>,
    drain_timeout: Duration,
}

/// What all connections use.
struct Shared {
    gateway: Gateway,
    metrics: Arc<Metrics>,
    clock: Arc<dyn Clock>,
    decoding: aspnet::Limits,
    style: AnswerStyle,
    timing: Timing,
    admission: Arc<Admission>,
    budget: Budget,
    watchdog: Arc<Watchdog>,
    /// No further request is begun.
    draining: AtomicBool,
    /// Whoever was answered is to connect elsewhere: each connection closes right behind an answer.
    leaving: Arc<AtomicBool>,
}

impl Server {
    /// Binds the state ports of `config` (port 0 takes a free one). Once `leaving` is set, each connection closes
    /// right behind its next answer. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`NotBound`].
    pub fn bind(
        config: &NodeConfig,
        gateway: Gateway,
        metrics: Arc<Metrics>,
        clock: Arc<dyn Clock>,
        leaving: Arc<AtomicBool>,
    ) -> Result<Self, NotBound> {
        let limits = &config.limits;
        let style = AnswerStyle::new(&config.aspnet_version, config.http_status_prefix)?;
        let tls = config.state_tls.as_ref().map(|tls| Ok::<_, NotBound>((tls.listen, Tls::open(tls)?)));
        let encrypted = tls.transpose()?.map(|(address, tls)| {
            let listener = accept::listen(address).map_err(|error| NotBound::Encrypted { address, error })?;
            Ok::<_, NotBound>((listener, tls))
        });
        let address = config.state_listen;
        let shared = Shared {
            gateway,
            metrics,
            clock,
            decoding: limits::decoding(limits),
            style,
            timing: Timing::of(limits),
            admission: Arc::new(Admission::new(limits.connections, limits.connections_per_source)),
            budget: Budget::new(limits::in_memory(limits.in_flight_bytes)),
            watchdog: Arc::default(),
            draining: AtomicBool::new(false),
            leaving,
        };
        Ok(Self {
            plain: accept::listen(address).map_err(|error| NotBound::Plain { address, error })?,
            encrypted: encrypted.transpose()?,
            shared: Arc::new(shared),
            drain_timeout: config.drain_timeout,
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.plain.local_addr()
    }

    /// Where it listens for encrypted connections, if it does.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn tls_addr(&self) -> io::Result<Option<SocketAddr>> {
        self.encrypted.as_ref().map(|(listener, _)| listener.local_addr()).transpose()
    }

    /// Serves until `shutdown`, then drains: closes connections that are between requests, lets the
    /// others finish theirs, and cuts off what is left after the drain timeout.
    pub async fn serve(self, shutdown: CancellationToken) {
        let Self { plain, encrypted, shared, drain_timeout } = self;
        let _watchdog = AbortOnDropHandle::new(tokio::spawn({
            let shared = Arc::clone(&shared);
            async move { shared.watchdog.run(&*shared.clock).await }
        }));
        let mut ports = vec![(Port { listener: plain, tls: None }, JoinSet::new())];
        ports.extend(
            encrypted.map(|(listener, tls)| (Port { listener, tls: Some(Arc::new(tls)) }, JoinSet::new())),
        );
        let accepting = ports.into_iter().map(async |(port, mut connections)| {
            accept::accept(port, &shared, &mut connections, &shutdown).await;
            connections
        });
        let mut connections = join_all(accepting).await;
        shared.draining.store(true, Ordering::Release);
        shared.watchdog.wake_all();
        let all_closed = async {
            for connections in &mut connections {
                while connections.join_next().await.is_some() {}
            }
        };
        if tokio::time::timeout(drain_timeout, all_closed).await.is_err() {
            tracing::warn!(
                connections = connections.iter().map(JoinSet::len).sum::<usize>(),
                "cutting off connections that did not finish in time"
            );
        }
        for mut connections in connections {
            connections.shutdown().await;
        }
    }
}
