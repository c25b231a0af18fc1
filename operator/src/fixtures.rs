//! Clusters for unit tests, through the real validation.

use cloakroom_crds::SessionCluster;

use crate::{
    observed::Observed,
    settings::Settings,
    validate::{ValidatedCluster, validate},
};

/// Cluster `shop` of namespace `web` with this spec, as YAML.
pub(crate) fn cluster(spec: &str) -> SessionCluster {
    let mut cluster = SessionCluster::new("shop", serde_yaml::from_str(spec).unwrap());
    cluster.metadata.namespace = Some("web".to_owned());
    cluster.metadata.uid = Some("uid-shop".to_owned());
    cluster.metadata.generation = Some(1);
    cluster
}

pub(crate) fn settings() -> Settings {
    Settings { node_image: "registry.example/node:1".to_owned(), namespace: "operators".to_owned() }
}

pub(crate) fn validated(spec: &str) -> ValidatedCluster {
    validate(&cluster(spec), &Observed::default(), &settings()).unwrap()
}
