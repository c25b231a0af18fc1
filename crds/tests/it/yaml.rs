//! The committed YAML is what the types say.

use std::{env, fs, path::Path};

/// In the repository for readers, and in the chart, which cannot reach outside its folder.
const COPIES: [&str; 2] = ["crds/sessioncluster.yaml", "charts/cloakroom/files/sessioncluster.yaml"];

#[test]
fn is_current_wherever_it_is_kept() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for copy in COPIES {
        if env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(checkout.join(copy), cloakroom_crds::yaml()).unwrap();
        }
        let committed = fs::read_to_string(checkout.join(copy)).unwrap_or_default();
        assert!(
            committed == cloakroom_crds::yaml(),
            "{copy} is not what the types say; run `cargo xtask generate` and review the difference"
        );
    }
}

#[test]
fn leaves_null_to_the_defaults() {
    assert!(!cloakroom_crds::yaml().contains("nullable: true"));
}

#[test]
fn explains_every_field_of_our_own() {
    let crd = serde_json::to_value(cloakroom_crds::crd()).unwrap();
    let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"];
    let mut missing = Vec::new();
    for part in ["spec", "status"] {
        undescribed(part, &schema[part], &mut missing);
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn tells_the_default_of_a_field() {
    let crd = serde_json::to_value(cloakroom_crds::crd()).unwrap();
    let spec = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"];
    for (field, end) in [
        (&spec["replicas"], "Default: 3."),
        (&spec["paused"], "Default: false."),
        (&spec["storage"]["properties"]["size"], "Default: 10Gi."),
        (&spec["image"], "its own release."),
    ] {
        let text = field["description"].as_str().unwrap_or_default();
        assert!(text.ends_with(end), "`{text}` does not end with `{end}`");
    }
}

fn undescribed(path: &str, schema: &serde_json::Value, missing: &mut Vec<String>) {
    if schema["description"].as_str().unwrap_or_default().is_empty() {
        missing.push(path.to_owned());
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        undescribed(&format!("{path}.{name}"), property, missing);
    }
}
