//! Operator and API server are away, and a node dies: written through, sessions need neither of them.

use std::time::Duration;

use cloakroom_e2e::{
    Part, Signal,
    engine::{Engine, Flavour, Mode, Purpose},
    load::{Plan, long},
    testbed::{Sandbox, eventually, operator, ready, sandbox, small},
};
use futures_util::future::join;
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;

use crate::under_load::{SHOP, under_load_of};

/// For the API server to end.
const ENDING: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_node_is_killed_without_operator_and_api_server() {
    let away = Duration::from_secs(if long() { 60 } else { 10 });
    sandbox("load-stand-in", async |at: &Sandbox| {
        let Some(host) = at.host() else { return };
        let engine = Engine::start(host, Flavour::Redis, Purpose::Test).await.expect("it starts");
        engine.admit(&at.client, &at.namespace).await.expect("its Secret is taken");
        let mut spec = small(3);
        spec["backingStore"] = engine.spec(Mode::WriteThrough);
        let report = under_load_of(at, &spec, Plan::default(), async |load| {
            let pid = host.pid_of(&at.namespace, "shop-1", "node").await.expect("it runs");
            load.mark("without operator");
            operator::absent(at, async || {
                let (ended, ()) = join(host.stop(Part::ApiServer), load.a_while(ENDING)).await;
                ended.expect("it ends");
                load.mark("kill -9, and nobody to see it");
                host.signal(pid, Signal::Kill).expect("it runs");
                load.a_while(away).await;
                host.start(Part::ApiServer).expect("it starts");
                load.mark("both are back");
                eventually("the API server answers", async || {
                    at.api::<Pod>().list(&ListParams::default()).await.map_err(|error| error.to_string())
                })
                .await;
            })
            .await;
            at.wait("3 nodes serve", SHOP, ready(3)).await;
        })
        .await;
        engine.remove().await.expect("it ends");
        println!(
            "figure: a node killed without operator and API server, write-through: {} operations, {} errors, {} lost, \
             longest hold {} ms",
            report.requests(),
            report.errors(),
            report.lost_for_good(),
            report.longest_hold().as_millis()
        );
        report.check_nothing_lost();
        report.check_no_lock_twice();
    })
    .await;
}
