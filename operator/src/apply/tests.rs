//! What is sent to the API server, in which order, and what is not sent at all. A scripted server answers.

use std::sync::Arc;

use kube::api::{ApiResource, DynamicObject};
use serde_json::{Value, json};

use super::Applier;
use crate::{
    api::{ApiError, Server},
    build::build,
    fixtures,
    kind::Kind,
    live::Live,
    memory::Sent,
    metrics::Metrics,
    notes::Change,
    observed::Observed,
    scripted::{self, Refused},
};

/// An API server that keeps what it is sent, except one path, for which it has a refusal.
#[derive(Default)]
struct Scripted {
    refused: Option<Refused>,
    live: Live,
    sent: Sent,
}

struct Pass {
    /// Why monitoring was refused.
    result: Result<Option<String>, ApiError>,
    requests: Vec<String>,
    changes: Vec<Change>,
}

impl Scripted {
    /// Applies the same cluster, and takes what was stored as what is live from then on.
    async fn apply(&mut self) -> Pass {
        let (client, seen) = scripted::server(self.refused.as_slice());
        let server = Server::new(client, Arc::new(Metrics::new()));
        let (cluster, mut changes) = (fixtures::validated("{replicas: 3}"), Vec::new());
        let prepared = build(&cluster, &Observed::default());
        let (live, sent) = (&self.live, &mut self.sent);
        let applier = Applier { objects: server.namespace("web"), live, sent, changes: &mut changes };
        let result =
            applier.apply(prepared, false).await.map(|(_, refused)| refused.map(|error| error.to_string()));
        let (requests, stored): (Vec<_>, Vec<_>) = seen.lock().drain(..).unzip();
        stored.into_iter().for_each(|object| self.keep(object));
        Pass { result, requests, changes }
    }

    fn keep(&mut self, object: Value) {
        let object: DynamicObject = serde_json::from_value(object).unwrap();
        let word = object.types.as_ref().unwrap().kind.clone();
        let kind = Kind::ALL.into_iter().find(|kind| kind.word() == word).unwrap();
        self.live.insert(kind, object);
    }
}

const ALL: [&str; 7] = [
    "PATCH serviceaccounts/shop",
    "PATCH configmaps/shop-node",
    "PATCH networkpolicies/shop",
    "PATCH services/shop",
    "PATCH services/shop-peers",
    "PATCH poddisruptionbudgets/shop",
    "PATCH statefulsets/shop",
];

#[tokio::test]
async fn pods_are_asked_for_after_everything_that_they_need() {
    let pass = Scripted::default().apply().await;
    pass.result.unwrap();
    assert_eq!(pass.requests, ALL);
    assert_eq!(pass.changes.len(), ALL.len());
}

#[tokio::test]
async fn what_is_as_it_was_sent_is_not_sent_again_and_drift_is() {
    let mut server = Scripted::default();
    server.apply().await.result.unwrap();
    let again = server.apply().await;
    again.result.unwrap();
    assert_eq!((again.requests, again.changes), (vec![], vec![]));

    let mut policy = server.live.get(Kind::NetworkPolicy, "shop").unwrap().clone();
    policy.data["spec"]["policyTypes"] = json!(["Egress"]);
    server.live.insert(Kind::NetworkPolicy, policy);
    let drifted = server.apply().await;
    assert_eq!(drifted.requests, ["PATCH networkpolicies/shop"]);
    let change = Change::Updated { kind: "NetworkPolicy", name: "shop".to_owned(), why: vec![] };
    assert_eq!(drifted.changes, [change]);
}

#[tokio::test]
async fn a_missing_permission_stops_there_and_says_which() {
    let mut server = Scripted { refused: Some(("services/shop", 403, "Forbidden")), ..Scripted::default() };
    let pass = server.apply().await;
    let message = pass.result.unwrap_err().to_string();
    assert!(message.ends_with("give its role the verb `patch` on `services`"), "{message}");
    assert_eq!(pass.requests, ALL[..4]);
    assert_eq!(pass.changes.len(), 3, "what was written before is told");
}

#[tokio::test]
async fn an_object_that_cannot_be_applied_over_is_put_as_a_whole() {
    let mut server = Scripted::default();
    let resource = ApiResource::erase::<k8s_openapi::api::core::v1::Service>(&());
    let by_hand = DynamicObject::new("shop", &resource).data(json!({"spec": {"ports": [{"port": 1}]}}));
    server.live.insert(Kind::Service, by_hand);
    server.refused = Some(("services/shop", 422, "Invalid"));
    let pass = server.apply().await;
    assert!(matches!(pass.result, Err(ApiError::Invalid { .. })), "the first refusal is told");
    assert_eq!(pass.requests[3..], ["PATCH services/shop", "PATCH services/shop"]);
}
