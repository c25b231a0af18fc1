//! What is done between the view and the status when something is refused. A scripted server answers.

use super::*;
use crate::{
    fixtures,
    live::Live,
    location_secret::{LocationSecret, NoLocationKeys},
    observed::{MonitoringKinds, Observed, Stranger},
    scripted::{self, Refused},
};

/// One pass over cluster `shop` with this spec: what came of it, and the requests, as method and path.
async fn pass(
    spec: &str,
    observed: Observed,
    refused: &[Refused],
) -> (Outcome, Option<StepFailed>, Vec<String>) {
    let (client, seen) = scripted::server(refused);
    let context = Context::new(client, Arc::new(Metrics::new()), fixtures::settings());
    let (objects, cluster) = (context.server.namespace("web"), fixtures::cluster(spec));
    let mut observation = Observation { observed, live: Live::default() };
    let (mut memory, mut changes) = (Memory::default(), Vec::new());
    let (outcome, failure) =
        act(&context, objects, &cluster, &mut observation, &mut memory, &mut changes).await;
    let requests = seen.lock().drain(..).map(|(request, _)| request).collect();
    (outcome, failure, requests)
}

const RING: &str = "POST configmaps";
const KEY: &str = "POST secrets";

#[tokio::test]
async fn who_serves_is_published_first_whatever_is_refused() {
    let (outcome, _, requests) = pass("{backingStore: {mode: WriteBehind}}", Observed::default(), &[]).await;
    assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
    assert_eq!(requests, [RING]);

    let refused = [("serviceaccounts/shop", 403, "Forbidden")];
    let (outcome, _, requests) = pass("{}", Observed::default(), &refused).await;
    assert!(matches!(outcome, Outcome::Failed { step: "apply", .. }), "{outcome:?}");
    assert_eq!(requests, [RING, KEY, "PATCH serviceaccounts/shop"]);

    let (outcome, _, requests) = pass("{paused: true}", Observed::default(), &[]).await;
    assert_eq!((outcome, requests), (Outcome::Paused, vec![]));
}

#[tokio::test]
async fn a_cluster_that_waits_for_its_names_looks_again_soon() {
    let stranger =
        |going| Stranger { kind: "Service".to_owned(), name: "shop".to_owned(), owner: None, going };
    for (strangers, expected) in [(vec![stranger(true)], VACATED), (vec![stranger(false)], REFRESH)] {
        let observed = Observed { strangers, ..Observed::default() };
        let (outcome, failure, requests) = pass("{}", observed, &[]).await;
        assert!(failure.is_none(), "{failure:?}");
        assert_eq!((refresh(&outcome, None), requests), (expected, vec![RING.to_owned()]), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_ring_that_changed_in_between_is_a_conflict_and_nothing_else_is_written() {
    let (_, failure, requests) =
        pass("{}", Observed::default(), &[("configmaps", 409, "AlreadyExists")]).await;
    let error = failure.map(|failure| failure.error);
    assert!(matches!(error, Some(ApiError::Conflict { .. })), "{error:?}");
    assert_eq!(requests, [RING]);
}

#[tokio::test]
async fn monitoring_that_is_refused_keeps_nothing_else_from_being_done() {
    let stuck = serde_json::json!({
        "metadata": { "name": "shop-0", "uid": "uid-0", "labels": { "controller-revision-hash": "old" } },
        "status": { "containerStatuses": [{
            "name": "node", "ready": false, "image": "i", "imageID": "", "restartCount": 3,
            "state": { "waiting": { "reason": "CrashLoopBackOff" } },
        }] },
    });
    let observed = Observed {
        pods: vec![serde_json::from_value(stuck).unwrap()],
        monitoring: MonitoringKinds { service_monitor: true, prometheus_rule: true },
        ..Observed::default()
    };
    let refused = [("servicemonitors/shop", 403, "Forbidden")];
    let (outcome, failure, requests) = pass("{monitoring: {enabled: true}}", observed, &refused).await;
    let Outcome::Applied(_, shortfall) = outcome else { panic!("{outcome:?}") };
    let said = shortfall.monitoring.unwrap();
    assert!(said.contains("the verb `patch` on `servicemonitors.monitoring.coreos.com`"), "{said}");
    assert!(failure.is_some(), "it is tried again");
    assert_eq!(requests[requests.len() - 3..], ["PATCH prometheusrules/shop", "DELETE pods/shop-0", KEY]);
}

/// Keys of the location cookie that were made just now, for rotation 0.
fn keys() -> LocationSecret {
    let made = build::location_keys(&fixtures::validated("{}"), None, clock::time_of_day(), entropy::secret);
    LocationSecret::of(&made.unwrap().secret).unwrap()
}

#[tokio::test]
async fn keys_of_cookies_are_made_last_and_written_only_when_they_are_due() {
    const ROTATED: &str = "PATCH secrets/shop-location";
    for (held, spec, expected) in [
        (None, "{}", Some(KEY)),
        (Some(Ok(keys())), "{}", None),
        (Some(Ok(keys())), "{locationKeys: {rotation: 1}}", Some(ROTATED)),
        (Some(Err(NoLocationKeys::Absent)), "{locationKeys: {rotation: 1}}", None),
        (None, "{locationKeys: {secretName: copied}}", None),
    ] {
        let observed = Observed { location_keys: held, ..Observed::default() };
        let (_, failure, requests) = pass(spec, observed, &[]).await;
        assert!(failure.is_none(), "{failure:?}");
        let nodes = requests.iter().position(|request| request == "PATCH statefulsets/shop").unwrap();
        assert_eq!(requests.get(nodes + 1).map(String::as_str), expected, "{spec}");
    }
}

#[tokio::test]
async fn keys_of_cookies_that_are_refused_are_a_shortfall() {
    let observed = Observed { location_keys: Some(Ok(keys())), ..Observed::default() };
    let refused = [("secrets/shop-location", 403, "Forbidden")];
    let (outcome, failure, _) = pass("{locationKeys: {rotation: 1}}", observed, &refused).await;
    let Outcome::Applied(_, shortfall) = outcome else { panic!("{outcome:?}") };
    let said = shortfall.location_keys.unwrap();
    assert!(said.contains("the verb `patch` on `secrets`"), "{said}");
    assert_eq!(failure.map(|failure| failure.step), Some(Step::Rotate), "it is tried again");
}
