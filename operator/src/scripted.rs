//! An API server for unit tests: it keeps a note of what it is sent and answers with that, or refuses.

use std::sync::Arc;

use http::{Request, Response};
use kube::{Client, client::Body, core::Status};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tower_test::mock;

/// A path behind the namespace, with the code and the reason that it is refused with.
pub(crate) type Refused = (&'static str, u16, &'static str);

/// A request: method, and the path behind the namespace; and what was stored for it.
pub(crate) type Seen = Arc<Mutex<Vec<(String, Value)>>>;

/// A client of a new server, and what the server sees.
pub(crate) fn server(refused: &[Refused]) -> (Client, Seen) {
    let (service, mut requests) = mock::pair::<Request<Body>, Response<Body>>();
    let (seen, refused) = (Seen::default(), refused.to_vec());
    let notes = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Some((request, answer)) = requests.next_request().await {
            let path = request.uri().path().split("/namespaces/web/").nth(1).unwrap().to_owned();
            let method = request.method().clone();
            let body = request.into_body().collect_bytes().await.unwrap();
            let refusal = refused.iter().find(|(refused, ..)| path == *refused);
            let stored = stored(serde_json::from_slice(&body).unwrap());
            notes.lock().push((format!("{method} {path}"), stored.clone()));
            let (code, body) = match refusal {
                Some((_, code, reason)) => (*code, json!(refusing(*code, reason))),
                None => (200, stored),
            };
            let body = Body::from(serde_json::to_vec(&body).unwrap());
            answer.send_response(Response::builder().status(code).body(body).unwrap());
        }
    });
    (Client::new(service, "web"), seen)
}

/// As a server keeps an object.
fn stored(mut object: Value) -> Value {
    object["metadata"]["uid"] = json!("child");
    object["metadata"]["resourceVersion"] = json!("7");
    object["metadata"]["managedFields"] = json!([]);
    if object["kind"] == "StatefulSet" {
        object["status"] = json!({ "replicas": 0, "updateRevision": "new" });
    }
    object
}

fn refusing(code: u16, reason: &str) -> Status {
    Status::failure("it is forbidden: User \"op\" cannot patch resource", reason).with_code(code)
}
