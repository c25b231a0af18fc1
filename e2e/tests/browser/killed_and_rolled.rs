//! The node of somebody's cart is killed, another one is deleted, then all are replaced: everybody stays logged in, and
//! each cart is right after each click.

use std::path::Path;

use cloakroom_client::{Client, Cluster, Discovery, Session};
use cloakroom_e2e::{
    Signal,
    testbed::{Sandbox, eventually, ready, sandbox, small},
};

use crate::{ring_file::RingFile, shop::Shop, visitors::Visitors};

const CLUSTER: &str = "shop";
/// Enough for every node to have some of their sessions.
const VISITORS: usize = 6;
/// Before and after each event.
const CLICKS: usize = 30;

#[tokio::test]
async fn nobody_notices() {
    sandbox("browser", async |at: &Sandbox| {
        let Some(host) = at.host() else { return };
        at.serving(CLUSTER, &small(3)).await;
        let ring = RingFile::of(at, CLUSTER).await;
        let shop = Shop::open(at, &ring.path()).await;
        let mut visitors = Visitors::arrive(at, &shop.url, VISITORS).await;
        let calm = visitors.click_during(CLICKS, async {}).await;

        let owner = owner(&ring.path(), visitors.session(0)).await;
        let pid = host.pid_of(&at.namespace, &owner, "node").await.expect("it runs");
        let killed = visitors
            .click_during(CLICKS, async {
                host.signal(pid, Signal::Kill).expect("it runs");
                eventually("it runs again", async || {
                    match host.pid_of(&at.namespace, &owner, "node").await {
                        Ok(now) if now != pid => Ok(()),
                        Ok(_) => Err("the kubelet has not noticed".to_owned()),
                        Err(error) => Err(format!("{error:#}")),
                    }
                })
                .await;
                at.wait("3 nodes serve", CLUSTER, ready(3)).await;
            })
            .await;

        let owner = self::owner(&ring.path(), visitors.session(1)).await;
        let deleted = visitors
            .click_during(CLICKS, replaced(at, 1, async || drop(at.kubectl(&["delete", "pod", &owner, "--wait=false"]))))
            .await;

        let restart = ["rollout", "restart", "statefulset/shop"];
        let rolled = visitors.click_during(CLICKS, replaced(at, 3, async || drop(at.kubectl(&restart)))).await;

        let sum = visitors.leave().await;
        println!(
            "figure: a shop in a browser: {} clicks of {VISITORS} visitors, {} wrong, {} troubles; a page took {} ms \
             (median), {} ms (p99); at most {calm} ms undisturbed, {killed} ms after kill -9, {deleted} ms after a pod \
             was deleted, {rolled} ms while all were replaced",
            sum.clicks,
            sum.wrong,
            sum.troubles.len(),
            sum.median_ms,
            sum.p99_ms,
        );
        assert!(sum.wrong == 0 && sum.troubles.is_empty(), "{sum:?}");
        assert!(sum.longest_ms >= killed && sum.clicks > 4 * CLICKS as u64, "{sum:?}");
    })
    .await;
}

/// The pod that has a session, as the shop computes it.
async fn owner(ring: &Path, session: &str) -> String {
    let nodes = Cluster::new(Discovery::ring_file(ring));
    let client = Client::builder().cluster(nodes).build().await.expect("a ring");
    let session = Session::new("shop", session).expect("an id");
    let located = client.locate(&session).swap_remove(0);
    located.servers[0].name.as_ref().expect("a ring has names").to_string()
}

/// Makes `change`, and waits until that many pods are others and all serve.
async fn replaced(at: &Sandbox, count: usize, change: impl AsyncFnOnce()) {
    let before = at.pod_uids(CLUSTER).await;
    change().await;
    eventually(format_args!("{count} pods are others"), async || {
        let now = at.pod_uids(CLUSTER).await;
        let others = now.iter().filter(|uid| !before.contains(uid)).count();
        if others >= count && now.len() == 3 { Ok(()) } else { Err(format!("{others} of {} are", now.len())) }
    })
    .await;
    at.wait("3 nodes serve", CLUSTER, ready(3)).await;
}
