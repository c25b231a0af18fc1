//! The state port: everything between a socket and the store.
//!
//! One task per connection. A connection reads into its thread's working memory, serves every
//! complete request at once and answers in the same poll; only what takes time leaves that path.

mod accept;
pub(crate) mod admission;
mod budget;
mod connection;
mod exchange;
mod inbox;
mod limits;
mod outbox;
mod scratch;
mod watchdog;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cloakroom_node_config::NodeConfig;
use cloakroom_protocol::aspnet::{self, AnswerStyle};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use self::admission::Admission;
use self::budget::Budget;
use self::limits::Timing;
use self::watchdog::Watchdog;
use crate::clock::Clock;
use crate::gateway::Gateway;
use crate::metrics::Metrics;

/// A bound state port.
pub struct Server {
    listener: TcpListener,
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
    /// Binds the state port of `config` (port 0 takes a free one). Once `leaving` is set, each connection closes
    /// right behind its next answer. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// Those of binding: the address is in use, not this machine's, or not permitted; or the
    /// configured version is none that clients accept.
    pub fn bind(
        config: &NodeConfig,
        gateway: Gateway,
        metrics: Arc<Metrics>,
        clock: Arc<dyn Clock>,
        leaving: Arc<AtomicBool>,
    ) -> io::Result<Self> {
        let limits = &config.limits;
        let style = AnswerStyle::new(&config.aspnet_version, config.http_status_prefix)
            .map_err(|bad_version| io::Error::new(io::ErrorKind::InvalidInput, bad_version))?;
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
            listener: accept::listen(config.state_listen)?,
            shared: Arc::new(shared),
            drain_timeout: config.drain_timeout,
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `shutdown`, then drains: closes connections that are between requests, lets the
    /// others finish theirs, and cuts off what is left after the drain timeout.
    pub async fn serve(self, shutdown: CancellationToken) {
        let Self { listener, shared, drain_timeout } = self;
        let _watchdog = AbortOnDropHandle::new(tokio::spawn({
            let shared = Arc::clone(&shared);
            async move { shared.watchdog.run(&*shared.clock).await }
        }));
        let mut connections = JoinSet::new();
        accept::accept(&listener, &shared, &mut connections, &shutdown).await;
        drop(listener);
        shared.draining.store(true, Ordering::Release);
        shared.watchdog.wake_all();
        let all_closed = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(drain_timeout, all_closed).await.is_err() {
            tracing::warn!(
                connections = connections.len(),
                "cutting off connections that did not finish in time"
            );
        }
        connections.shutdown().await;
    }
}
