//! What a kubelet or a load balancer asks every few seconds.

use axum::{extract::State, http::StatusCode};

use super::{AdminState, readiness::WhyNot};

/// 200 while the node's task runs, whatever its phase: restarting a node that replays would never end.
pub(super) async fn livez(State(state): State<AdminState>) -> (StatusCode, String) {
    answer(state.readiness.alive())
}

/// 200 while it serves, else 503 and why.
pub(super) async fn readyz(State(state): State<AdminState>) -> (StatusCode, String) {
    answer(state.readiness.ready())
}

fn answer(judged: Result<(), WhyNot>) -> (StatusCode, String) {
    match judged {
        Ok(()) => (StatusCode::OK, "ok\n".to_owned()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}
