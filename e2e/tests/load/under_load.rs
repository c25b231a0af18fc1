//! A cluster of three with load on it.

use std::{env, time::Duration};

use cloakroom_e2e::{
    Host,
    load::{Failure, Load, Plan, Report},
    testbed::{Sandbox, eventually, ready, small},
};

/// Name of the cluster.
pub(crate) const SHOP: &str = "shop";
/// Before an event and after it, to compare with.
const CALM: Duration = Duration::from_secs(3);

/// Runs `event` on three nodes under load, and prints what came of it.
pub(crate) async fn under_load(at: &Sandbox, plan: Plan, event: impl AsyncFnOnce(&Load)) -> Report {
    let address = at.serving(SHOP, &small(3)).await;
    accepting(&address).await;
    let load = Load::start(&address, plan).await.expect("a calm cluster stores every session");
    load.a_while(CALM).await;
    event(&load).await;
    load.mark("calm again");
    load.a_while(CALM).await;
    let report = load.finish().await;
    println!("{report}");
    report
}

/// The machine's proxy follows the endpoints a moment later.
async fn accepting(address: &str) {
    eventually(format_args!("{address} accepts connections"), async || {
        cloakroom_client::Connection::connect(address).await.map(drop).map_err(|error| error.to_string())
    })
    .await;
}

/// The machine behind the pods; `None` says that the test cannot be done here.
pub(crate) fn host(at: &Sandbox) -> Option<&Host> {
    let host = at.cluster.host();
    if host.is_none() {
        println!("not here: this needs the machine that the pods run on");
    }
    host
}

/// Whether there is time for what takes minutes.
pub(crate) fn long() -> bool {
    env::var_os("CLOAKROOM_LONG").is_some()
}

/// Replaces all three pods, one after the other, by `change`, and waits until three others serve.
pub(crate) async fn all_replaced(at: &Sandbox, change: impl AsyncFnOnce()) {
    let before = at.pod_uids(SHOP).await;
    change().await;
    eventually("every pod is another one", async || {
        let now = at.pod_uids(SHOP).await;
        let same = now.iter().filter(|uid| before.contains(uid)).count();
        if same == 0 && now.len() == 3 {
            Ok(())
        } else {
            Err(format!("{same} of {} are the same", now.len()))
        }
    })
    .await;
    at.wait("3 nodes serve", SHOP, ready(3)).await;
}

/// Whoever's changes were not made has seen an error: none vanished without one.
pub(crate) fn check_visible(report: &Report) {
    for silent in [Failure::NotThere, Failure::NotTheHolder, Failure::BadRequest] {
        assert_eq!(report.failures(silent), 0, "{silent}, see above");
    }
}
