//! What the operator asks every node.

use axum::{Json, extract::State};
use cloakroom_node_config::NodeReport;

use super::AdminState;

pub(super) async fn show(State(state): State<AdminState>) -> Json<NodeReport> {
    Json(NodeReport {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        phase: state.readiness.reported(),
        sessions: state.metrics.live_sessions(),
    })
}
