//! The objects of a cluster as the API server holds them.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use kube::{ResourceExt as _, core::DynamicObject};

use crate::{
    api::{ApiError, Objects},
    kind::Kind,
    names,
    observed::{MonitoringKinds, Stranger},
};

/// The objects of a cluster that exist, whoever made them.
#[derive(Debug, Default)]
pub(crate) struct Live(BTreeMap<(Kind, String), DynamicObject>);

impl Live {
    /// Reads all objects that the cluster named `cluster` may have.
    ///
    /// # Errors
    /// The first that could not be read.
    pub(crate) async fn read(
        objects: Objects<'_>,
        cluster: &str,
        monitoring: MonitoringKinds,
    ) -> Result<Self, ApiError> {
        let reads = children(cluster, monitoring).into_iter().map(|(kind, name)| async move {
            let object = objects.get(kind, &name).await?;
            Ok::<_, ApiError>(object.map(|object| ((kind, name), object)))
        });
        Ok(Self(try_join_all(reads).await?.into_iter().flatten().collect()))
    }

    /// The object, if it exists.
    pub(crate) fn get(&self, kind: Kind, name: &str) -> Option<&DynamicObject> {
        self.0.get(&(kind, name.to_owned()))
    }

    #[cfg(test)]
    pub(crate) fn insert(&mut self, kind: Kind, object: DynamicObject) {
        self.0.insert((kind, object.name_any()), object);
    }

    /// Those that are not controlled by the resource with this uid.
    pub(crate) fn strangers(&self, uid: Option<&str>) -> Vec<Stranger> {
        let others = self.0.iter().filter(|(_, object)| !is_controlled_by(object, uid));
        others
            .map(|((kind, name), object)| Stranger {
                kind: kind.word().to_owned(),
                name: name.clone(),
                owner: controller(object).map(|owner| format!("{}/{}", owner.kind, owner.name)),
            })
            .collect()
    }
}

/// Whether `object` is a child of the resource with this uid.
pub(crate) fn is_controlled_by(object: &DynamicObject, uid: Option<&str>) -> bool {
    uid.is_some() && controller(object).map(|owner| owner.uid.as_str()) == uid
}

fn controller(
    object: &DynamicObject,
) -> Option<&k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference> {
    object.owner_references().iter().find(|owner| owner.controller == Some(true))
}

fn children(cluster: &str, monitoring: MonitoringKinds) -> Vec<(Kind, String)> {
    let own = |kind| (kind, cluster.to_owned());
    let mut children = vec![
        own(Kind::ServiceAccount),
        (Kind::ConfigMap, names::node_config(cluster)),
        (Kind::ConfigMap, names::ring(cluster)),
        own(Kind::NetworkPolicy),
        own(Kind::Service),
        (Kind::Service, names::peer_service(cluster)),
        own(Kind::PodDisruptionBudget),
        own(Kind::StatefulSet),
    ];
    children.extend(monitoring.service_monitor.then(|| own(Kind::ServiceMonitor)));
    children.extend(monitoring.prometheus_rule.then(|| own(Kind::PrometheusRule)));
    children
}
