//! A cluster of three with load on it.

use std::time::Duration;

use cloakroom_e2e::{
    load::{Load, Plan, Report},
    testbed::{Sandbox, eventually, ready, small},
};
use serde_json::Value;

/// Name of the cluster.
pub(crate) const SHOP: &str = "shop";
/// Before an event and after it, to compare with.
const CALM: Duration = Duration::from_secs(3);

/// Runs `event` on three nodes under load, and prints what came of it.
pub(crate) async fn under_load(at: &Sandbox, plan: Plan, event: impl AsyncFnOnce(&Load)) -> Report {
    under_load_of(at, &small(3), plan, event).await
}

/// [`under_load`] on nodes of any kind.
pub(crate) async fn under_load_of(
    at: &Sandbox,
    spec: &Value,
    plan: Plan,
    event: impl AsyncFnOnce(&Load),
) -> Report {
    let address = at.serving(SHOP, spec).await;
    let report = Load::around(&address, plan, CALM, event).await;
    println!("{report}");
    report
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
