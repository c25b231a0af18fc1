//! kill -9 of a node's process: its sessions are all there afterwards.

use cloakroom_e2e::{
    Signal,
    testbed::{Sandbox, Sessions, eventually, ready, sandbox, small},
};

#[tokio::test]
async fn every_answered_session_outlives_kill_nine() {
    sandbox("killed", async |at: &Sandbox| {
        let Some(host) = at.cluster.host() else {
            println!("not here: killing a process needs the machine that the pods run on");
            return;
        };
        let address = at.serving("shop", &small(1)).await;
        let sessions = Sessions::new("killed", 500);
        sessions.store(&address).await;

        let pid = host.pid_of(&at.namespace, "shop-0", "node").await.expect("it runs");
        host.signal(pid, Signal::Kill).expect("it runs");
        eventually("kubelet has started it again", async || {
            let again =
                host.pid_of(&at.namespace, "shop-0", "node").await.map_err(|error| error.to_string())?;
            if again == pid { Err(format!("still process {pid}")) } else { Ok(()) }
        })
        .await;
        at.wait("it serves again", "shop", ready(1)).await;
        sessions.check(&address).await;
    })
    .await;
}
