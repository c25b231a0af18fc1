//! The StatefulSet: pods with names and volumes that stay.

use k8s_openapi::{
    api::{
        apps::v1::{
            StatefulSet, StatefulSetPersistentVolumeClaimRetentionPolicy, StatefulSetSpec,
            StatefulSetUpdateStrategy,
        },
        core::v1::{PersistentVolumeClaim, PersistentVolumeClaimSpec, VolumeResourceRequirements},
    },
    apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta},
};

use super::metadata;
use crate::{labels, names, restart::Rendering, validate::ValidatedCluster};

pub(super) fn stateful_set(cluster: &ValidatedCluster, rendering: Rendering, replicas: i32) -> StatefulSet {
    let mut metadata = metadata(cluster, &cluster.name);
    metadata.annotations = Some([(labels::RENDERING.to_owned(), rendering.to_json())].into());
    StatefulSet {
        metadata,
        spec: Some(StatefulSetSpec {
            replicas: Some(replicas),
            service_name: Some(names::peer_service(&cluster.name)),
            selector: LabelSelector {
                match_labels: Some(labels::selector(&cluster.name)),
                ..LabelSelector::default()
            },
            // Nodes do not depend on each other to start; one that cannot must not keep the others down.
            pod_management_policy: Some("Parallel".to_owned()),
            update_strategy: Some(StatefulSetUpdateStrategy {
                type_: Some("RollingUpdate".to_owned()),
                rolling_update: None,
            }),
            persistent_volume_claim_retention_policy: Some(StatefulSetPersistentVolumeClaimRetentionPolicy {
                when_deleted: Some(if cluster.spec.storage.retain { "Retain" } else { "Delete" }.to_owned()),
                // Of a cluster that sleeps, the sessions are nowhere else.
                when_scaled: Some("Retain".to_owned()),
            }),
            template: rendering.template,
            volume_claim_templates: Some(vec![claim(cluster)]),
            ..StatefulSetSpec::default()
        }),
        status: None,
    }
}

/// Immutable once applied; Kubernetes puts the selector's labels on the claims that it makes.
fn claim(cluster: &ValidatedCluster) -> PersistentVolumeClaim {
    PersistentVolumeClaim {
        metadata: ObjectMeta { name: Some(names::DATA_CLAIM.to_owned()), ..ObjectMeta::default() },
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
            storage_class_name: cluster.spec.storage.storage_class_name.clone(),
            resources: Some(VolumeResourceRequirements {
                requests: Some([("storage".to_owned(), cluster.spec.storage.size.clone())].into()),
                limits: None,
            }),
            ..PersistentVolumeClaimSpec::default()
        }),
        status: None,
    }
}
