//! The objects of a cluster as the API server holds them.

use std::collections::BTreeMap;

use cloakroom_crds::{SessionCluster, SessionClusterSpec};
use futures_util::future::try_join_all;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::{Resource as _, ResourceExt as _, core::DynamicObject};

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
    /// Reads all objects that `cluster` may have.
    ///
    /// # Errors
    /// The first that could not be read.
    pub(crate) async fn read(
        objects: Objects<'_>,
        cluster: &SessionCluster,
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

    /// The object, if it exists and is a child of `cluster`.
    pub(crate) fn own(&self, kind: Kind, name: &str, cluster: &SessionCluster) -> Option<&DynamicObject> {
        self.get(kind, name).filter(|object| is_controlled_by(object, cluster.meta().uid.as_deref()))
    }

    #[cfg(test)]
    pub(crate) fn insert(&mut self, kind: Kind, object: DynamicObject) {
        self.0.insert((kind, object.name_any()), object);
    }

    /// Those in the way of `cluster`: not its own, and with names that it would write.
    pub(crate) fn strangers(&self, cluster: &SessionCluster) -> Vec<Stranger> {
        let uid = cluster.meta().uid.as_deref();
        self.0
            .iter()
            .filter(|((kind, name), object)| {
                is_written(cluster, *kind, name) && !is_controlled_by(object, uid)
            })
            .map(|((kind, name), object)| Stranger {
                kind: kind.word().to_owned(),
                name: name.clone(),
                owner: controller(object).map(|owner| format!("{}/{}", owner.kind, owner.name)),
                going: object.metadata.deletion_timestamp.is_some() || is_left_by_former(object, cluster),
            })
            .collect()
    }
}

/// Whether `object` is a child of the resource with this uid.
pub(crate) fn is_controlled_by(object: &DynamicObject, uid: Option<&str>) -> bool {
    uid.is_some() && controller(object).map(|owner| owner.uid.as_str()) == uid
}

/// Whether `object` was a child of a cluster of the same name, which is gone: then the garbage collector is about to
/// take it.
fn is_left_by_former(object: &DynamicObject, cluster: &SessionCluster) -> bool {
    let resource = Kind::SessionCluster.resource();
    controller(object).is_some_and(|owner| {
        owner.kind == resource.kind
            && owner.api_version == resource.api_version
            && Some(&owner.name) == cluster.metadata.name.as_ref()
            && Some(&owner.uid) != cluster.metadata.uid.as_ref()
    })
}

fn controller(object: &DynamicObject) -> Option<&OwnerReference> {
    object.owner_references().iter().find(|owner| owner.controller == Some(true))
}

/// Whether this spec calls for an object that others do not.
fn is_written(cluster: &SessionCluster, kind: Kind, name: &str) -> bool {
    let SessionClusterSpec { monitoring, data_centre, .. } = &cluster.spec;
    let is_gateway = kind == Kind::Service && name == names::gateway(&cluster.name_any());
    (monitoring.enabled || !kind.is_monitoring()) && (data_centre.is_some() || !is_gateway)
}

fn children(cluster: &SessionCluster, monitoring: MonitoringKinds) -> Vec<(Kind, String)> {
    let name = &cluster.name_any();
    let own = |kind| (kind, name.clone());
    let keeps_keys = cluster.spec.location_keys.secret_name.is_none();
    let mut children = vec![
        own(Kind::ServiceAccount),
        (Kind::ConfigMap, names::node_config(name)),
        (Kind::ConfigMap, names::ring(name)),
        (Kind::Secret, names::peer_key(name)),
        own(Kind::NetworkPolicy),
        own(Kind::Service),
        (Kind::Service, names::peer_service(name)),
        (Kind::Service, names::gateway(name)),
        own(Kind::PodDisruptionBudget),
        own(Kind::StatefulSet),
    ];
    children.extend(keeps_keys.then(|| (Kind::Secret, names::location_keys(name))));
    children.extend(monitoring.service_monitor.then(|| own(Kind::ServiceMonitor)));
    children.extend(monitoring.prometheus_rule.then(|| own(Kind::PrometheusRule)));
    children
}

#[cfg(test)]
mod tests {
    //! Objects with a name of ours, and whether they are in the way.

    use serde_json::json;

    use super::*;
    use crate::fixtures;

    /// `expected`: whether it goes by itself; `None` if it is not in the way at all.
    #[track_caller]
    fn check(
        (kind, called): (Kind, &str),
        owner: (&str, &str, &str),
        deleted: bool,
        spec: &str,
        expected: Option<bool>,
    ) {
        let (owner_kind, name, uid) = owner;
        let owner = json!({
            "apiVersion": "cloakroom.dev/v1alpha1", "kind": owner_kind, "name": name, "uid": uid, "controller": true,
        });
        let metadata = json!({
            "name": called, "ownerReferences": [owner], "deletionTimestamp": deleted.then_some("2026-02-03T12:00:00Z"),
        });
        let mut live = Live::default();
        live.insert(kind, serde_json::from_value(json!({ "metadata": metadata })).unwrap());
        let cluster = fixtures::cluster(spec);
        let own = live.own(kind, called, &cluster).is_some();
        assert_eq!(own, uid == "uid-shop", "{kind:?} of {owner_kind}/{name} {uid}");
        let going = live.strangers(&cluster).pop().map(|stranger| stranger.going);
        assert_eq!(going, expected, "{kind:?} of {owner_kind}/{name} {uid}, deleted: {deleted}, {spec}");
    }

    #[test]
    fn strangers() {
        let (service, monitor) = ((Kind::Service, "shop"), (Kind::ServiceMonitor, "shop"));
        let gateway = (Kind::Service, "shop-gateway");
        let (ours, formers) =
            (("SessionCluster", "shop", "uid-shop"), ("SessionCluster", "shop", "uid-former"));
        let (anothers, others) =
            (("SessionCluster", "till", "uid-till"), ("Deployment", "shop", "uid-former"));
        check(service, ours, false, "{}", None);
        check(service, ours, true, "{}", None);
        check(service, formers, false, "{}", Some(true));
        check(service, anothers, false, "{}", Some(false));
        check(service, others, false, "{}", Some(false));
        check(service, others, true, "{}", Some(true));
        check(monitor, others, false, "{monitoring: {enabled: false}}", None);
        check(monitor, others, false, "{}", Some(false));
        check(gateway, others, false, "{}", None);
        let west = "{dataCentre: {name: west, number: 1, gateway: {keySecret: {name: a}}}}";
        check(gateway, others, false, west, Some(false));
    }

    #[test]
    fn keys_that_somebody_else_keeps_are_not_in_the_way() {
        let secret = (Kind::Secret, names::location_keys("shop"));
        for (spec, expected) in [("{}", true), ("{locationKeys: {secretName: shop-location}}", false)] {
            let children = children(&fixtures::cluster(spec), MonitoringKinds::default());
            assert_eq!(children.contains(&secret), expected, "{spec}");
        }
    }
}
