//! Tells whether an object is still what was sent, without keeping the object.

use kube::core::DynamicObject;
use sha2::{Digest as _, Sha256};

/// A hash of an object's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Without what changes while nobody changes the object: its status, and the server's own book-keeping.
    /// The uid stays in: an object that was made anew is another one.
    pub(crate) fn of(object: &DynamicObject) -> Self {
        let mut object = object.clone();
        object.metadata.resource_version = None;
        object.metadata.generation = None;
        object.metadata.managed_fields = None;
        if let Some(fields) = object.data.as_object_mut() {
            fields.remove("status");
        }
        let text = serde_json::to_vec(&object).expect("objects of the API server have only text keys");
        Self(Sha256::digest(text).into())
    }
}

#[cfg(test)]
mod tests {
    //! Changes to an object, and whether they count.

    use kube::core::DynamicObject;
    use serde_json::json;

    use super::Fingerprint;

    #[track_caller]
    fn check(pointer: &str, value: serde_json::Value, counts: bool) {
        let mut object = json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet",
            "metadata": {"name": "shop", "uid": "1", "resourceVersion": "10", "generation": 3, "labels": {"a": "b"}, "managedFields": []},
            "spec": {"replicas": 3}, "status": {"readyReplicas": 1},
        });
        let read =
            |object: &serde_json::Value| -> DynamicObject { serde_json::from_value(object.clone()).unwrap() };
        let before = Fingerprint::of(&read(&object));
        *object.pointer_mut(pointer).unwrap() = value;
        assert_eq!(Fingerprint::of(&read(&object)) != before, counts, "{pointer}");
    }

    #[test]
    fn drift_counts_and_the_servers_book_keeping_does_not() {
        check("/spec/replicas", json!(2), true);
        check("/metadata/labels/a", json!("c"), true);
        check("/metadata/uid", json!("2"), true);
        check("/status/readyReplicas", json!(3), false);
        check("/metadata/resourceVersion", json!("11"), false);
        check("/metadata/generation", json!(4), false);
        check("/metadata/managedFields", json!([{"manager": "x"}]), false);
    }
}
