//! A node is cut off for ten seconds: nothing is lost, and no lock has two holders.

use std::time::Duration;

use cloakroom_e2e::{
    CutOffFrom,
    load::Plan,
    testbed::{Sandbox, ready, sandbox},
};

use crate::under_load::{SHOP, under_load};

/// Longer than a request may take, and than a node may serve without the others.
const CUT: Duration = Duration::from_secs(10);

#[tokio::test]
async fn from_everybody() {
    sandbox("load-cut-off", async |at: &Sandbox| check(at, CutOffFrom::Everybody).await).await;
}

#[tokio::test]
async fn from_its_peers_while_clients_still_reach_it() {
    sandbox("load-cut-off-peers", async |at: &Sandbox| check(at, CutOffFrom::Peers).await).await;
}

async fn check(at: &Sandbox, from: CutOffFrom) {
    let Some(host) = at.host() else { return };
    let report = under_load(at, Plan::default(), async |load| {
        let pid = host.pid_of(&at.namespace, "shop-1", "node").await.expect("it runs");
        load.mark(&format!("cut off from {from:?}"));
        host.cut_off(pid, from).expect("it runs");
        load.a_while(CUT).await;
        load.mark("reconnected");
        host.reconnect(pid).expect("it runs");
        at.wait("3 nodes serve", SHOP, ready(3)).await;
    })
    .await;
    report.check_nothing_lost();
    report.check_no_lock_twice();
    report.check_visible();
}
