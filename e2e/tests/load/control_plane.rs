//! The operator is away, then the API server: nobody notices.

use std::time::Duration;

use cloakroom_e2e::{
    Part,
    load::{Plan, long},
    testbed::{Sandbox, eventually, operator, ready, sandbox},
};
use futures_util::future::join;
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;

use crate::under_load::{SHOP, under_load};

#[tokio::test]
async fn operator_and_api_server_are_stopped() {
    // A minute is what is promised; less of it shows the same sooner.
    let away = Duration::from_secs(if long() { 60 } else { 20 });
    sandbox("load-control-plane", async |at: &Sandbox| {
        let report = under_load(at, Plan::default(), async |load| {
            load.mark("without operator");
            operator::absent(at, async || load.a_while(away).await).await;
            let Some(host) = at.host() else { return };
            load.mark("without API server");
            // It takes its time to end, but answers nobody from the moment that it is told to.
            let (ended, ()) = join(host.stop(Part::ApiServer), load.a_while(away)).await;
            ended.expect("it ends");
            host.start(Part::ApiServer).expect("it starts");
            load.mark("API server is back");
            eventually("it answers", async || {
                at.api::<Pod>().list(&ListParams::default()).await.map_err(|error| error.to_string())
            })
            .await;
            operator::settle(at);
            at.wait("3 nodes serve", SHOP, ready(3)).await;
        });
        report.await.check_unnoticed();
    })
    .await;
}
