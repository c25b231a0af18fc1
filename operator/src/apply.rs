//! Step 4: makes the API server hold what was built, in an order in which nothing waits for what comes later:
//! the StatefulSet after everything that its pods mount or are judged by, monitoring after that, because a
//! refusal there must not keep nodes from running. The ring is written apart from them, before anything is judged.
//!
//! An object that still is what it became when the same was last sent is not sent again.

use std::marker::PhantomData;

use k8s_openapi::api::{apps::v1::StatefulSet, core::v1::ConfigMap};
use kube::{ResourceExt as _, api::PropagationPolicy, core::DynamicObject};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    api::{ApiError, Objects, dynamic, typed},
    build::{Applied, Prepared, Resources},
    fingerprint::Fingerprint,
    kind::Kind,
    live::{self, Live},
    memory::Sent,
    names,
    notes::Change,
    recreate, restart,
};

/// One pass over the objects of one cluster.
pub(crate) struct Applier<'a> {
    pub(crate) objects: Objects<'a>,
    pub(crate) live: &'a Live,
    pub(crate) sent: &'a mut Sent,
    /// What has been changed, also when a later object fails.
    pub(crate) changes: &'a mut Vec<Change>,
}

impl Applier<'_> {
    /// Writes what differs. With `recreate` the StatefulSet is made anew, its pods kept.
    ///
    /// Beside what was written, why a monitoring object was not.
    ///
    /// # Errors
    /// The first object that could not be written and that the nodes need; those before it are written.
    pub(crate) async fn apply(
        mut self,
        prepared: Resources<Prepared>,
        recreate: bool,
    ) -> Result<(Resources<Applied>, Option<ApiError>), ApiError> {
        // Each field by name: one that is added cannot be forgotten here.
        let Resources {
            service_account,
            node_config,
            network_policy,
            client_service,
            peer_service,
            gateway_service,
            disruption_budget,
            service_monitor,
            prometheus_rule,
            stateful_set,
            state: _,
        } = prepared;
        let mut refused = None;
        let applied = Resources {
            service_account: self.child(Kind::ServiceAccount, service_account).await?,
            node_config: self.child(Kind::ConfigMap, node_config).await?,
            network_policy: self.child(Kind::NetworkPolicy, network_policy).await?,
            client_service: self.child(Kind::Service, client_service).await?,
            peer_service: self.child(Kind::Service, peer_service).await?,
            gateway_service: match gateway_service {
                Some(service) => Some(self.child(Kind::Service, service).await?),
                None => None,
            },
            disruption_budget: self.child(Kind::PodDisruptionBudget, disruption_budget).await?,
            stateful_set: self.stateful_set(stateful_set, recreate).await?,
            service_monitor: self.monitoring(Kind::ServiceMonitor, service_monitor, &mut refused).await,
            prometheus_rule: self.monitoring(Kind::PrometheusRule, prometheus_rule, &mut refused).await,
            state: PhantomData,
        };
        Ok((applied, refused))
    }

    /// The ring is replaced as a whole and only in the version that its epoch was counted from.
    ///
    /// # Errors
    /// It could not be written.
    pub(crate) async fn publish(mut self, ring: ConfigMap) -> Result<ConfigMap, ApiError> {
        let desired = dynamic(&ring);
        let live = self.live.get(Kind::ConfigMap, &desired.name_any());
        typed(&self.send(Kind::ConfigMap, desired, live, Way::Replace).await?)
    }

    async fn child<K: Serialize + DeserializeOwned>(
        &mut self,
        kind: Kind,
        desired: K,
    ) -> Result<K, ApiError> {
        let desired = dynamic(&desired);
        let live = self.live.get(kind, &desired.name_any());
        typed(&self.send(kind, desired, live, Way::Apply).await?)
    }

    async fn stateful_set(&mut self, desired: StatefulSet, recreate: bool) -> Result<StatefulSet, ApiError> {
        let desired = dynamic(&desired);
        let name = desired.name_any();
        let live = self.live.get(Kind::StatefulSet, &name);
        let (old, live) = match live {
            Some(old) if recreate || old.metadata.deletion_timestamp.is_some() => (Some(old), None),
            live => (None, live),
        };
        if let Some(old) = old {
            recreate::remove_keeping_pods(self.objects, old).await?;
        }
        let applied = self.send(Kind::StatefulSet, desired, live, Way::Apply).await?;
        if recreate && let Some(old) = old {
            self.changes.retain(|change| {
                *change != Change::Created { kind: Kind::StatefulSet.word(), name: name.clone() }
            });
            self.changes.push(Change::Recreated { name: name.clone() });
            let why = why_restart(old, &applied);
            if !why.is_empty() {
                self.changes.push(Change::Updated { kind: Kind::StatefulSet.word(), name, why });
            }
        }
        typed(&applied)
    }

    /// Writes an object if it is wanted. One that is refused is given back as it was wanted, so that nobody takes it
    /// for one to be deleted, and the first refusal is kept in `refused`.
    async fn monitoring(
        &mut self,
        kind: Kind,
        desired: Option<DynamicObject>,
        refused: &mut Option<ApiError>,
    ) -> Option<DynamicObject> {
        let desired = desired?;
        let live = self.live.get(kind, &desired.name_any());
        let sent = self.send(kind, desired.clone(), live, Way::Apply).await;
        Some(sent.unwrap_or_else(|error| {
            refused.get_or_insert(error);
            desired
        }))
    }

    async fn send(
        &mut self,
        kind: Kind,
        desired: DynamicObject,
        live: Option<&DynamicObject>,
        way: Way,
    ) -> Result<DynamicObject, ApiError> {
        let name = desired.name_any();
        let fingerprint = Fingerprint::of(&desired);
        if let Some(live) = live.filter(|live| self.sent.is_current(kind, &name, fingerprint, live)) {
            return Ok(live.clone());
        }
        let held = match way {
            Way::Apply => self.put(kind, &name, &desired, live.is_some()).await?,
            Way::Replace if desired.metadata.resource_version.is_none() => {
                self.objects.create(kind, &name, &desired).await?
            }
            Way::Replace => self.objects.replace(kind, &name, &desired).await?,
        };
        self.sent.remember(kind, &name, fingerprint, &held);
        self.changes.extend(change(kind, name, live, &held));
        Ok(held)
    }

    /// Applying adds to lists, and what somebody put into one by hand can make the sum invalid, for example
    /// two ports of one name. Then the lists are put as wholes.
    async fn put(
        &self,
        kind: Kind,
        name: &str,
        desired: &DynamicObject,
        exists: bool,
    ) -> Result<DynamicObject, ApiError> {
        match self.objects.apply(kind, name, desired).await {
            Err(invalid @ ApiError::Invalid { .. }) if exists => {
                self.objects.merge(kind, name, desired).await.map_err(|_| invalid)
            }
            applied => applied,
        }
    }
}

/// How an object is written.
#[derive(Clone, Copy)]
enum Way {
    /// Server-side apply: fields that others own stay.
    Apply,
    /// Create, or replace the version that it names.
    Replace,
}

fn change(kind: Kind, name: String, before: Option<&DynamicObject>, after: &DynamicObject) -> Option<Change> {
    let kind_word = kind.word();
    match before {
        None => Some(Change::Created { kind: kind_word, name }),
        Some(before) if Fingerprint::of(before) == Fingerprint::of(after) => None,
        Some(before) => {
            let why = if kind == Kind::StatefulSet { why_restart(before, after) } else { Vec::new() };
            Some(Change::Updated { kind: kind_word, name, why })
        }
    }
}

fn why_restart(before: &DynamicObject, after: &DynamicObject) -> Vec<&'static str> {
    match (typed(before), typed(after)) {
        (Ok(before), Ok(after)) => restart::why(&before, &after),
        _ => Vec::new(),
    }
}

/// Deletes the gateway and the monitoring objects that are there and not wanted, as far as they are the cluster's own.
///
/// # Errors
/// The first that could not be deleted.
pub(crate) async fn prune(
    objects: Objects<'_>,
    live: &Live,
    wanted: &Resources<Applied>,
    cluster_uid: &str,
    changes: &mut Vec<Change>,
) -> Result<(), ApiError> {
    let name = wanted.stateful_set.name_any();
    for (kind, name, is_wanted) in [
        (Kind::Service, names::gateway(&name), wanted.gateway_service.is_some()),
        (Kind::ServiceMonitor, name.clone(), wanted.service_monitor.is_some()),
        (Kind::PrometheusRule, name, wanted.prometheus_rule.is_some()),
    ] {
        let Some(object) = live.get(kind, &name).filter(|_| !is_wanted) else { continue };
        if live::is_controlled_by(object, Some(cluster_uid)) {
            let uid = object.metadata.uid.as_deref();
            objects.delete(kind, &name, uid, PropagationPolicy::Background).await?;
            changes.push(Change::Deleted { kind: kind.word(), name: name.clone() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
