//! What is sent to the API server, in which order, and what is not sent at all. A scripted server answers.

use std::sync::Arc;

use http::{Request, Response};
use kube::{
    Client,
    api::{ApiResource, DynamicObject},
    client::Body,
    core::Status,
};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tower_test::mock;

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
};

/// An API server that keeps what it is sent, except one path, for which it has a refusal.
#[derive(Default)]
struct Scripted {
    refused: Option<(&'static str, u16, &'static str)>,
    live: Live,
    sent: Sent,
}

struct Pass {
    result: Result<(), ApiError>,
    /// Method, and the path behind the namespace.
    requests: Vec<String>,
    changes: Vec<Change>,
}

impl Scripted {
    /// Applies the same cluster, and takes what was stored as what is live from then on.
    async fn apply(&mut self) -> Pass {
        let (service, mut requests) = mock::pair::<Request<Body>, Response<Body>>();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (notes, refused) = (Arc::clone(&seen), self.refused);
        tokio::spawn(async move {
            while let Some((request, answer)) = requests.next_request().await {
                let path = request.uri().path().split("/namespaces/web/").nth(1).unwrap().to_owned();
                let method = request.method().clone();
                let body = request.into_body().collect_bytes().await.unwrap();
                let refusal = refused.filter(|(refused, ..)| path == *refused);
                let stored = stored(serde_json::from_slice(&body).unwrap());
                notes.lock().push((format!("{method} {path}"), stored.clone()));
                let (code, body) = match refusal {
                    Some((_, code, reason)) => (code, json!(refusing(code, reason))),
                    None => (200, stored),
                };
                let body = Body::from(serde_json::to_vec(&body).unwrap());
                answer.send_response(Response::builder().status(code).body(body).unwrap());
            }
        });
        let server = Server::new(Client::new(service, "web"), Arc::new(Metrics::new()));
        let (cluster, mut changes) = (fixtures::validated("{replicas: 3}"), Vec::new());
        let prepared = build(&cluster, &Observed::default());
        let (live, sent) = (&self.live, &mut self.sent);
        let applier = Applier { objects: server.namespace("web"), live, sent, changes: &mut changes };
        let result = applier.apply(prepared, false).await.map(drop);
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

/// As a server keeps an object.
fn stored(mut object: Value) -> Value {
    object["metadata"]["uid"] = json!("child");
    object["metadata"]["resourceVersion"] = json!("7");
    object["metadata"]["managedFields"] = json!([]);
    object
}

fn refusing(code: u16, reason: &str) -> Status {
    Status::failure("User \"op\" cannot patch resource", reason).with_code(code)
}

const ALL: [&str; 8] = [
    "PATCH serviceaccounts/shop",
    "PATCH configmaps/shop-node",
    "PATCH networkpolicies/shop",
    "PATCH services/shop",
    "PATCH services/shop-peers",
    "PATCH poddisruptionbudgets/shop",
    "POST configmaps",
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
async fn a_ring_that_changed_in_between_is_a_conflict_and_no_pod_is_asked_for() {
    let mut server = Scripted { refused: Some(("configmaps", 409, "AlreadyExists")), ..Scripted::default() };
    let pass = server.apply().await;
    assert!(matches!(pass.result, Err(ApiError::Conflict { .. })), "{:?}", pass.result);
    assert_eq!(pass.requests, ALL[..7]);
    assert_eq!(pass.changes.len(), 6, "what was written before is told");
}

#[tokio::test]
async fn a_missing_permission_stops_there_and_says_which() {
    let mut server = Scripted { refused: Some(("services/shop", 403, "Forbidden")), ..Scripted::default() };
    let pass = server.apply().await;
    let message = pass.result.unwrap_err().to_string();
    assert!(message.ends_with("give its role the verb `patch` on `services`"), "{message}");
    assert_eq!(pass.requests, ALL[..4]);
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
