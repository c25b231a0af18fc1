//! What the operator asks every node.

use axum::{Json, extract::State};
use cloakroom_node_config::{NodeReport, VolumeReport};

use super::AdminState;

pub(super) async fn show(State(state): State<AdminState>) -> Json<NodeReport> {
    Json(NodeReport {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        phase: state.readiness.reported(),
        sessions: state.metrics.live_sessions(),
        ring: state.member.get().map(|member| member.cluster.report()),
        volume: volume(&state),
        backing: state.member.get().and_then(|member| member.cluster.backing()),
        data_centres: state.member.get().map(|member| member.cluster.data_centres()).unwrap_or_default(),
    })
}

/// Asked on this thread: the file system knows it without a wait for the device.
fn volume(state: &AdminState) -> Option<VolumeReport> {
    let volume = rustix::fs::statvfs(&*state.data_dir).ok()?;
    Some(VolumeReport {
        used_bytes: state.metrics.live_bytes()?,
        free_bytes: volume.f_bavail.saturating_mul(volume.f_frsize),
    })
}
