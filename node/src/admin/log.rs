//! The log filter, shown to everyone and changed from this machine.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, State},
    http::StatusCode,
};

use super::AdminState;

pub(super) async fn show(State(state): State<AdminState>) -> String {
    state.log.filter() + "\n"
}

/// Takes the body as the new filter. A chatty log can fill a disk, so only who is on this machine may.
pub(super) async fn change(
    State(state): State<AdminState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    filter: String,
) -> (StatusCode, String) {
    if !peer.ip().to_canonical().is_loopback() {
        let why = "the log filter can be changed only from the machine or pod that the node runs on; call it there\n";
        return (StatusCode::FORBIDDEN, why.to_owned());
    }
    match state.log.set_filter(filter.trim()) {
        Ok(()) => {
            let filter = state.log.filter();
            tracing::info!(filter, "log filter changed");
            (StatusCode::OK, filter + "\n")
        }
        Err(bad) => (StatusCode::BAD_REQUEST, format!("{bad}\n")),
    }
}
