//! `POST /drain`: the node is told that it will be stopped.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, State},
    http::StatusCode,
};

use super::AdminState;

/// Makes the node unready at once and answers when those who route clients to it have had time to notice.
/// Until it is stopped the node serves whoever still comes: a client that was routed a moment ago must see no error.
pub(super) async fn drain(
    State(state): State<AdminState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> (StatusCode, &'static str) {
    // Anybody else could take a node out of service by it.
    if !peer.ip().to_canonical().is_loopback() {
        let why = "a node can be drained only from the machine or pod that it runs on; call it there\n";
        return (StatusCode::FORBIDDEN, why);
    }
    state.readiness.drain();
    tracing::info!(settle = ?state.drain_settle, "asked to drain: not ready any more, serving on until stopped");
    settle(state.drain_settle).await;
    (StatusCode::OK, "drained: stop the node now\n")
}

#[expect(clippy::disallowed_methods, reason = "proxies give no sign of having noticed; time is all there is")]
async fn settle(pause: std::time::Duration) {
    tokio::time::sleep(pause).await;
}
