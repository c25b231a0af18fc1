//! Finds misspelt keys: they would be dropped, and an example show nothing.

use cloakroom_crds::SessionCluster;
use serde_json::Value;

/// Paths in `resource` that SessionCluster lacks.
pub(crate) fn unknown_fields(resource: &Value) -> Vec<String> {
    let typed: SessionCluster =
        serde_json::from_value(resource.clone()).unwrap_or_else(|error| panic!("{error}: {resource}"));
    let mut found = Vec::new();
    compare("", resource, &serde_json::to_value(typed).expect("a resource is plain data"), &mut found);
    found
}

fn compare(path: &str, written: &Value, known: &Value, found: &mut Vec<String>) {
    match written {
        Value::Object(keys) => {
            for (key, value) in keys.iter().filter(|(_, value)| !value.is_null()) {
                match known.get(key) {
                    Some(known) => compare(&format!("{path}.{key}"), value, known, found),
                    None => found.push(format!("{path}.{key}")),
                }
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                compare(&format!("{path}[{at}]"), item, &known[at], found);
            }
        }
        _ => {}
    }
}
