//! `POST /drain`: the node is told that it will be stopped.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::{
    extract::{ConnectInfo, State},
    http::StatusCode,
};

use super::{AdminState, Member};
use crate::cluster::HandedOver;

/// Clients close pooled connections that were idle for 5 to 10 s.
const IDLE_PATIENCE: Duration = Duration::from_secs(12);
const LOOK: Duration = Duration::from_millis(100);

/// Makes the node unready at once and answers when those who route clients to it have had time to notice, and a member
/// of a cluster when its sessions are at other nodes and its clients have left. Until it is stopped the node serves
/// whoever still comes: a client that was routed a moment ago must see no error.
pub(super) async fn drain(
    State(state): State<AdminState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> (StatusCode, String) {
    // Anybody else could take a node out of service by it.
    if !peer.ip().to_canonical().is_loopback() {
        let why = "a node can be drained only from the machine or pod that it runs on; call it there\n";
        return (StatusCode::FORBIDDEN, why.to_owned());
    }
    state.readiness.drain();
    tracing::info!(settle = ?state.drain_settle, "asked to drain: not ready any more, serving on until stopped");
    let told = match state.member.get() {
        None => {
            pause(state.drain_settle).await;
            String::new()
        }
        Some(member) => {
            let (handed_over, ()) = tokio::join!(member.cluster.handed_over(), clients_leave(&state));
            said(member, handed_over)
        }
    };
    (StatusCode::OK, format!("{told}drained: stop the node now\n"))
}

/// Waits until nobody is routed here any more, then sends each client elsewhere with its next answer.
async fn clients_leave(state: &AdminState) {
    pause(state.drain_settle).await;
    state.leaving.store(true, Ordering::Release);
    let mut waited = Duration::ZERO;
    while state.metrics.connections_open.get() > 0 && waited < IDLE_PATIENCE {
        pause(LOOK).await;
        waited += LOOK;
    }
}

fn said(member: &Member, handed_over: HandedOver) -> String {
    let epoch = member.cluster.epoch();
    tracing::info!(epoch, ?handed_over, "drained");
    match handed_over {
        HandedOver::All => "every session is at another node\n".to_owned(),
        HandedOver::Nobody => "there is no other node: the sessions stay on this one's volume\n".to_owned(),
        HandedOver::Left(sessions) => {
            format!("{sessions} sessions could not be handed over in time and stay on this node's volume\n")
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "proxies give no sign of having noticed; time is all there is")]
async fn pause(pause: Duration) {
    tokio::time::sleep(pause).await;
}
