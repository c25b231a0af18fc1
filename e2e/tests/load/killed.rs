//! kill -9 of a node: pages that it was serving fail, and nothing is lost.

use cloakroom_e2e::{
    Signal,
    load::Plan,
    testbed::{Sandbox, eventually, ready, sandbox},
};

use crate::under_load::{SHOP, under_load};

#[tokio::test]
async fn the_process_of_an_owner_is_killed() {
    sandbox("load-killed", async |at: &Sandbox| {
        let Some(host) = at.host() else { return };
        let report = under_load(at, Plan::default(), async |load| {
            let pid = host.pid_of(&at.namespace, "shop-1", "node").await.expect("it runs");
            load.mark("kill -9");
            host.signal(pid, Signal::Kill).expect("it runs");
            eventually("kubelet has started it again", async || {
                match host.pid_of(&at.namespace, "shop-1", "node").await {
                    Ok(again) if again != pid => Ok(()),
                    Ok(_) => Err("it is the same process".to_owned()),
                    Err(error) => Err(error.to_string()),
                }
            })
            .await;
            at.wait("3 nodes serve", SHOP, ready(3)).await;
        })
        .await;
        report.check_nothing_lost();
        report.check_no_lock_twice();
        report.check_visible();
    })
    .await;
}
