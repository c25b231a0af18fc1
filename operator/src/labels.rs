//! Labels and annotations that the operator puts on things.

use std::collections::BTreeMap;

/// Label that says who looks after an object; watches select by it.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Value of [`MANAGED_BY`] and label `app.kubernetes.io/name` of the operator's own pods.
pub const OPERATOR: &str = "cloakroom-operator";
/// Label that names the cluster an object belongs to.
pub const INSTANCE: &str = "app.kubernetes.io/instance";
/// Label that names the application.
pub const NAME: &str = "app.kubernetes.io/name";
/// Label that names the part an object plays.
pub const COMPONENT: &str = "app.kubernetes.io/component";
/// Label that Kubernetes puts on pods: the revision of the StatefulSet they were made from.
pub const REVISION: &str = "controller-revision-hash";
/// Label that Kubernetes puts on namespaces: their name.
pub const NAMESPACE: &str = "kubernetes.io/metadata.name";
/// Annotation of the pod template: hash of the part of the spec that nodes must restart for.
pub const SPEC_HASH: &str = "cloakroom.dev/spec-hash";
/// Annotation of the StatefulSet: what was last made of that part of the spec (`restart.rs`).
pub const RENDERING: &str = "cloakroom.dev/rendering";

/// Annotation of the Secret with the keys of the location cookie: the number of the spec's `rotation` that they were made for.
pub const ROTATION: &str = "cloakroom.dev/location-rotation";

/// What selects the pods of a cluster. It can never change: a StatefulSet's selector is immutable.
#[must_use]
pub fn selector(cluster: &str) -> BTreeMap<String, String> {
    [(NAME, "cloakroom"), (INSTANCE, cluster), (COMPONENT, "node")].map(owned).into()
}

/// What every object of a cluster carries.
#[must_use]
pub fn recommended(cluster: &str) -> BTreeMap<String, String> {
    let mut labels = selector(cluster);
    labels.extend([(MANAGED_BY, OPERATOR)].map(owned));
    labels
}

/// [`selector`] as one line, for list calls and the scale subresource.
#[must_use]
pub fn selector_text(cluster: &str) -> String {
    selector(cluster).iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

fn owned((key, value): (&str, &str)) -> (String, String) {
    (key.to_owned(), value.to_owned())
}
