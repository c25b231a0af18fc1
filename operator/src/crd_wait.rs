//! Waits for the SessionCluster resource: the operator may be installed before it.

use std::time::Duration;

use cloakroom_crds::SessionCluster;
use kube::{Client, Resource as _};
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    api::known_resources,
    phase::{Phase, Teller},
};

const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Returns once the API server knows the resource. May be dropped at any time.
pub(crate) async fn wait(client: &Client, teller: &Teller) {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (version, plural) = (SessionCluster::api_version(&()), SessionCluster::plural(&()));
    let mut looks = 0_u32;
    loop {
        ticks.tick().await;
        let missing = match known_resources(client, &version).await {
            Ok(known) if known.iter().any(|name| *name == plural) => return,
            Ok(_) => format!(
                "the API server does not know {plural} of {version}; install the CustomResourceDefinition: \
                 cloakroom-operator crd | kubectl apply --server-side -f -"
            ),
            Err(error) => error.to_string(),
        };
        looks = looks.saturating_add(1);
        // At the first look, the second, the fourth, the eighth: a log is no clock.
        if looks.is_power_of_two() {
            tracing::warn!("waiting: {missing}");
        }
        teller.send_replace(Phase::Waiting(missing));
    }
}
