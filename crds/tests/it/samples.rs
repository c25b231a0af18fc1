//! The samples beside the chart are resources that the types know.

use std::{fs, path::Path};

use serde::Deserialize as _;
use serde_json::Value;

use crate::fields::unknown_fields;

#[test]
fn use_only_fields_that_exist() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../charts/cloakroom/samples");
    for sample in fs::read_dir(folder).unwrap() {
        let path = sample.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let clusters: Vec<Value> = serde_yaml::Deserializer::from_str(&text)
            .map(|document| Value::deserialize(document).unwrap())
            .filter(|document| document["kind"] == "SessionCluster")
            .collect();
        assert!(!clusters.is_empty(), "{} has no SessionCluster", path.display());
        for cluster in clusters {
            assert_eq!(unknown_fields(&cluster), Vec::<String>::new(), "{}", path.display());
        }
    }
}
