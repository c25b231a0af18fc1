//! Waits for the SessionCluster resource: the operator may be installed before it.

use std::time::Duration;

use cloakroom_crds::SessionCluster;
use kube::{Client, CustomResourceExt as _, Resource as _};
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    api::{ApiError, known_resources},
    phase::{Phase, Teller},
};

const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Returns once the API server knows the resource. May be dropped at any time.
pub(crate) async fn wait(client: &Client, teller: &Teller) {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let version = SessionCluster::api_version(&());
    let mut looks = 0_u32;
    loop {
        ticks.tick().await;
        let Some(missing) = missing(known_resources(client, &version).await) else { return };
        looks = looks.saturating_add(1);
        // At the first look, the second, the fourth, the eighth: a log is no clock.
        if looks.is_power_of_two() {
            tracing::warn!("waiting: {missing}");
        }
        teller.send_replace(Phase::Waiting(missing));
    }
}

/// What keeps the operator waiting, for people; `None` for nothing.
fn missing(known: Result<Vec<String>, ApiError>) -> Option<String> {
    match known {
        Ok(known) if known.iter().any(|name| *name == SessionCluster::plural(&())) => None,
        Ok(_) => Some(format!(
            "the API server has no CustomResourceDefinition {} with version {}; install the chart, or `kubectl apply \
             --server-side -f crds/sessioncluster.yaml`",
            SessionCluster::crd_name(),
            SessionCluster::version(&()),
        )),
        Err(error) => Some(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_as_kubectl_names_it() {
        let known = |names: &[&str]| missing(Ok(names.iter().map(|name| (*name).to_owned()).collect()));
        assert_eq!(known(&["sessionclusters", "sessionclusters/status"]), None);
        for others in [&[][..], &["sessionclusters/status"]] {
            let said = known(others).unwrap();
            assert!(said.contains("sessionclusters.cloakroom.dev with version v1alpha1"), "{said}");
        }
        let message = "no answer in time".to_owned();
        let said =
            missing(Err(ApiError::Undiscovered { version: "cloakroom.dev/v1alpha1".to_owned(), message }));
        assert!(said.is_some_and(|said| said.contains("no answer in time")));
    }
}
