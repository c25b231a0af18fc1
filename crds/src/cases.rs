//! Examples for every validation rule, for the tests of this crate and for those against a real API server.
//!
//! They are kept as YAML in `tests/cases`, whose README explains the notation.

use serde::Deserialize;
use serde_json::{Value, json};

/// A resource that is created or updated, and what the API server says to it.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its file and what it shows.
    pub title: String,
    /// The resource that is updated; without it `after` is created.
    pub before: Option<Value>,
    /// The resource that is sent.
    pub after: Value,
    /// What the refusal must contain; none if the resource is accepted.
    pub refused: Option<String>,
}

/// Every case.
///
/// # Panics
/// If a file breaks the notation.
#[must_use]
pub fn all() -> Vec<Case> {
    FILES.iter().flat_map(|(name, text)| read(name, text)).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    message: String,
    accepted: Vec<Example>,
    refused: Vec<Example>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    shows: String,
    #[serde(default = "shop")]
    name: String,
    was: Option<Value>,
    spec: Value,
}

fn shop() -> String {
    "shop".to_owned()
}

fn read(file: &str, text: &str) -> Vec<Case> {
    let File { message, accepted, refused } =
        serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{file}.yaml: {error}"));
    let case = |example: Example, verdict: &str, message: Option<String>| Case {
        title: format!("{file}: {verdict}: {}", example.shows),
        before: example.was.map(|spec| resource(&example.name, &spec)),
        after: resource(&example.name, &example.spec),
        refused: message,
    };
    accepted
        .into_iter()
        .map(|example| case(example, "accepted", None))
        .chain(refused.into_iter().map(|example| case(example, "refused", Some(message.clone()))))
        .collect()
}

fn resource(name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "cloakroom.dev/v1alpha1",
        "kind": "SessionCluster",
        "metadata": { "name": name },
        "spec": spec,
    })
}

macro_rules! files {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../tests/cases/", $name, ".yaml")))),*]
    };
}

const FILES: &[(&str, &str)] = files!(
    "name-length" "name-of-a-service" "image" "amount" "storage-minimum" "storage-never-shrinks"
    "storage-class-immutable" "hot-tier-minimum" "hot-tier-fits" "memory-limit-is-an-amount"
    "state-port-is-free" "peers-name-somebody" "peers-by-address-alone" "peers-addresses" "operator-keys"
    "keys-are-names" "values-are-labels" "one-engine"
    "degrade-is-for-write-through" "window" "standalone-is-one" "sentinels-name-the-master"
    "cluster-has-one-database" "addresses" "host" "schema" "server-name"
    "data-centre-writes-through" "peers-need-a-data-centre" "peers-are-others" "peers-are-distinct"
    "number-is-for-life" "group" "data-centre-name" "swing-back-after" "peer-address" "rotate-every"
);
