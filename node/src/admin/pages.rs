//! The pages that only show.

use axum::{extract::State, http::header::CONTENT_TYPE, response::IntoResponse};

use super::AdminState;
use crate::metrics;

const INDEX: &str = "\
Cloakroom node, admin port

GET /livez     200 while the node runs
GET /readyz    200 while it serves sessions, else 503 and why
GET /status    phase, version and number of sessions as JSON
GET /ring      the ring that the node acts on, as JSON; with ?watch=true one line for it and for each that follows
PUT /ring      a newer one, signed with the cluster's key
GET /sessions/locked?limit=100   the sessions that have been locked longest, as JSON
GET /sessions/largest?limit=20   the largest; both from this machine only, or signed with the cluster's key, and with
                                 session ids only if &ids=true
POST /sessions/break             takes a lock away from who holds it, for the same callers
GET /metrics   OpenMetrics text; docs/metrics.md explains each
POST /drain    makes the node unready while it serves on; answers when its sessions are elsewhere, from this machine only
GET /config    the effective configuration as YAML
GET /log       the log filter in force
PUT /log       sets it, from this machine only: curl -X PUT --data debug http://ADDRESS/log
";

pub(super) async fn index() -> &'static str {
    INDEX
}

pub(super) async fn metrics(State(state): State<AdminState>) -> impl IntoResponse {
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], state.metrics.encode())
}

pub(super) async fn config(State(state): State<AdminState>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/yaml")], state.config.to_string())
}
