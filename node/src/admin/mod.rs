//! The admin port: what probes, metrics collectors and operators of the node ask.
//!
//! The port shows what the node is. The log filter, and whether the node is still ready, change only for callers on this
//! machine; the ring only for who has the cluster's key. Sessions are listed for both, and their contents for nobody.

mod drain;
mod log;
mod pages;
mod probes;
mod readiness;
mod report;
mod ring;
mod ring_stream;
mod sessions;

#[cfg(test)]
mod tests;

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, OnceLock, atomic::AtomicBool},
    time::Duration,
};

use axum::{
    Extension, Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
    serve::ListenerExt as _,
};
use socket2::SockRef;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{cluster::Cluster, metrics::Metrics, telemetry::LogControl};

pub use readiness::{Phase, Readiness, Reporter};
pub use ring::SIGNATURE;
pub use sessions::Sessions;

/// The longest filter that is worth reading.
const BODY_BYTES: usize = 4096;
/// How long a caller may take nothing of what it is sent.
const UNREACHABLE: Duration = Duration::from_secs(30);

/// What the pages show.
#[derive(Clone, Debug)]
pub struct AdminState {
    /// Where the node is in its life.
    pub readiness: Readiness,
    /// What it counts.
    pub metrics: Arc<Metrics>,
    /// The effective configuration as YAML.
    pub config: Arc<str>,
    /// What it logs.
    pub log: LogControl,
    /// How long a drain waits for those who route clients here.
    pub drain_settle: Duration,
    /// From when on connections close right behind an answer.
    pub leaving: Arc<AtomicBool>,
    /// Its part in a cluster, once that has begun; never if it is alone.
    pub member: Arc<OnceLock<Member>>,
    /// Where sessions are kept.
    pub data_dir: Arc<std::path::Path>,
    /// The way to them, once they are served.
    pub sessions: Arc<Sessions>,
}

/// What the pages ask of a node that is not alone.
#[derive(Clone, Debug)]
pub struct Member {
    /// The node among the others.
    pub cluster: Arc<Cluster>,
    /// Proves who may change the ring; without one, only callers on this machine may.
    pub key: Option<Arc<[u8]>>,
}

/// All pages of the admin port.
pub fn router(state: AdminState) -> Router {
    Router::new()
        .route("/", get(pages::index))
        .route("/livez", get(probes::livez))
        .route("/readyz", get(probes::readyz))
        .route("/status", get(report::show))
        .route("/drain", post(drain::drain))
        .route(
            "/ring",
            get(ring::show).put(ring::change).layer(DefaultBodyLimit::max(cloakroom_ring::TEXT_BYTES_MAX)),
        )
        .route("/sessions/locked", get(sessions::locked))
        .route("/sessions/largest", get(sessions::largest))
        .route("/sessions/break", post(sessions::break_lock))
        .route("/metrics", get(pages::metrics))
        .route("/config", get(pages::config))
        .route("/log", get(log::show).put(log::change))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(state)
}

/// Serves the admin port until `stop`, then finishes the requests it has.
///
/// # Errors
/// What the HTTP server reports about its listener.
pub async fn serve(listener: TcpListener, state: AdminState, stop: CancellationToken) -> io::Result<()> {
    // Who watches the ring is never through by itself.
    let pages =
        router(state).layer(Extension(stop.clone())).into_make_service_with_connect_info::<SocketAddr>();
    let listener = listener.tap_io(|socket| {
        // Or a caller that vanished, or that watches and does not read, would keep its place for as long as it likes.
        if let Err(error) = SockRef::from(&*socket).set_tcp_user_timeout(Some(UNREACHABLE)) {
            tracing::debug!(%error, "a caller of the admin port may vanish without being noticed");
        }
    });
    axum::serve(listener, pages).with_graceful_shutdown(stop.cancelled_owned()).await
}
