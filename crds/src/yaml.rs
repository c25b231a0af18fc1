//! The CustomResourceDefinition as the API server gets it.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use serde_json::Value;

use crate::SessionCluster;

/// The definition of SessionCluster.
///
/// It differs from what the types derive in three points. No field is nullable: the API server then drops a
/// `null` and puts the default in its place, and no rule has to think of it. The explanation of a field ends
/// with its default, which `kubectl explain` does not show by itself. And explanations are made to be read in a
/// terminal: no line breaks inside a paragraph, one line for amounts instead of fifty.
///
/// # Panics
/// If the types no longer make a valid definition, which every test would show.
#[must_use]
pub fn crd() -> CustomResourceDefinition {
    let mut crd = serde_json::to_value(SessionCluster::crd()).expect("definitions are plain data");
    simplify(&mut crd);
    for version in crd["spec"]["versions"].as_array_mut().into_iter().flatten() {
        tell_defaults(&mut version["schema"]["openAPIV3Schema"]["properties"]["spec"]);
    }
    serde_json::from_value(crd).expect("a definition stays one")
}

/// [`crd`] as it is kept in the repository and applied to clusters.
///
/// # Panics
/// As [`crd`].
#[must_use]
pub fn yaml() -> String {
    serde_yaml::to_string(&crd()).expect("definitions are plain data")
}

fn simplify(schema: &mut Value) {
    match schema {
        Value::Object(keys) => {
            // A property may have this name as well, but is then an object.
            if keys.get("nullable") == Some(&Value::Bool(true)) {
                keys.remove("nullable");
            }
            if let Some(Value::String(text)) = keys.get_mut("description") {
                *text = explanation(text);
            }
            keys.values_mut().for_each(simplify);
        }
        Value::Array(items) => items.iter_mut().for_each(simplify),
        _ => {}
    }
}

fn explanation(text: &str) -> String {
    if text.starts_with("Quantity is a fixed-point representation") {
        return "An amount, for example 500m or 768Mi.".to_owned();
    }
    // Where our comments wrap is not where a terminal does.
    text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect::<Vec<_>>().join("\n\n")
}

fn tell_defaults(schema: &mut Value) {
    let default = match schema.get("default") {
        Some(Value::String(text)) => Some(text.clone()),
        Some(plain @ (Value::Number(_) | Value::Bool(_))) => Some(plain.to_string()),
        _ => None,
    };
    if let Some(default) = default
        && let Some(Value::String(text)) = schema.get_mut("description")
    {
        text.push_str(&format!(" Default: {default}."));
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.values_mut().for_each(tell_defaults);
    }
}
