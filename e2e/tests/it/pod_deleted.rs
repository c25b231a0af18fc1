//! `kubectl delete pod`: the successor has the volume and every session.

use cloakroom_e2e::testbed::{Sandbox, Sessions, eventually, ready, sandbox, small};

#[tokio::test]
async fn a_session_survives_its_pod() {
    sandbox("pod-deleted", async |at: &Sandbox| {
        let address = at.serving("shop", &small(1)).await;
        let sessions = Sessions::new("deleted", 200);
        sessions.store(&address).await;
        let before = at.pod_uids("shop").await;
        at.kubectl(&["delete", "pod", "shop-0"]);
        eventually("there is a successor", async || {
            let now = at.pod_uids("shop").await;
            if now.is_empty() || now == before { Err(format!("{now:?}")) } else { Ok(()) }
        })
        .await;
        at.wait("it serves", "shop", ready(1)).await;
        sessions.check(&address).await;
    })
    .await;
}
