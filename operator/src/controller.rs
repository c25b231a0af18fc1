//! What wakes a reconcile: changes of the resource, of its objects, of its pods and of their volumes.

use std::{convert::Infallible, fmt::Debug, sync::Arc, time::Duration};

use cloakroom_crds::SessionCluster;
use futures_util::{Stream, StreamExt as _};
use k8s_openapi::{
    NamespaceResourceScope,
    api::{
        apps::v1::StatefulSet,
        core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Service, ServiceAccount},
        networking::v1::NetworkPolicy,
        policy::v1::PodDisruptionBudget,
    },
};
use kube::{
    Api, Client, Resource,
    core::PartialObjectMeta,
    runtime::{
        Controller, PredicateConfig, WatchStreamExt as _,
        controller::{self, Error},
        predicates,
        reflector::{self, ObjectRef},
        utils::Backoff,
        watcher,
    },
};
use tokio_util::sync::CancellationToken;

use crate::{context::Context, labels, reconcile::reconcile};

/// Shorter than load balancers keep an idle connection: some drop it after 240 s without telling anybody.
const WATCH_SECONDS: u32 = 200;
/// A new cluster's objects all come at once, and one reconcile does for them.
const DEBOUNCE: Duration = Duration::from_millis(100);
/// After a watch broke. All watches stand still together, and an API server that was started again refuses each of them
/// once: a pause that grows would leave the operator blind for minutes after it is back.
const WATCH_PAUSE: Duration = Duration::from_millis(500);
/// Enough that one slow cluster does not hold up the others, few enough for any API server.
const CONCURRENCY: u16 = 8;

/// Reconciles the clusters of `namespace`, or of all namespaces, until `stop`; then finishes what is running.
pub(crate) async fn run(
    client: Client,
    namespace: Option<&str>,
    context: Arc<Context>,
    stop: CancellationToken,
) {
    let watched = Watched { client: &client, namespace };
    let managed = watcher::Config::default().timeout(WATCH_SECONDS).labels(&format!(
        "{}={}",
        labels::MANAGED_BY,
        labels::OPERATOR
    ));
    let of_nodes = watcher::Config::default().timeout(WATCH_SECONDS).labels(&format!(
        "{}=cloakroom,{}=node",
        labels::NAME,
        labels::COMPONENT
    ));
    let config = controller::Config::default().debounce(DEBOUNCE).concurrency(CONCURRENCY);
    let (clusters, writer) = reflector::store();
    context.metrics.watch(clusters.clone());
    let changes =
        watcher(watched.full::<SessionCluster>(), watcher::Config::default().timeout(WATCH_SECONDS))
            .reflect(writer)
            .applied_objects();
    Controller::for_stream(of_the_spec(changes), clusters)
        .with_config(config)
        .trigger_backoff(SamePause)
        .owns(watched.metadata::<StatefulSet>(), managed.clone())
        .owns(watched.metadata::<Service>(), managed.clone())
        .owns(watched.metadata::<ConfigMap>(), managed.clone())
        .owns(watched.metadata::<PodDisruptionBudget>(), managed.clone())
        .owns(watched.metadata::<NetworkPolicy>(), managed.clone())
        .owns(watched.metadata::<ServiceAccount>(), managed)
        .watches(watched.metadata::<Pod>(), of_nodes.clone(), |pod| instance(&pod))
        .watches(watched.metadata::<PersistentVolumeClaim>(), of_nodes, |claim| instance(&claim))
        .graceful_shutdown_on(stop.cancelled_owned())
        .run(reconcile, |_, never, _| match *never {}, Arc::clone(&context))
        .for_each(|reconciled| {
            after(reconciled, &context);
            std::future::ready(())
        })
        .await;
}

/// What is left to do when a reconcile has said all about itself.
fn after<T>(reconciled: Result<T, Error<Infallible, watcher::Error>>, context: &Context) {
    match reconciled {
        Ok(_) => {}
        Err(Error::ObjectNotFound(gone)) => {
            let memory = context.memories.forget(gone.namespace.as_deref().unwrap_or_default(), &gone.name);
            if let Some(farewell) = memory.and_then(|memory| memory.farewell) {
                // Apart, because nodes that are gone already would hold up the other clusters for a second.
                let http = context.asker.http().clone();
                tokio::spawn(async move { farewell.say(&http).await });
            }
        }
        Err(Error::QueueError(error)) => tracing::warn!(%error, "a watch broke; it is started again"),
        Err(error) => tracing::warn!(%error, "the controller could not go on with a cluster"),
    }
}

/// Without changes of the status alone. Those are our own, and one that tells of a failure would wake the very
/// reconcile that is to be left alone for a while.
fn of_the_spec(
    changes: impl Stream<Item = watcher::Result<SessionCluster>> + Send + 'static,
) -> impl Stream<Item = watcher::Result<SessionCluster>> + Send + 'static {
    changes.predicate_filter(predicates::generation, PredicateConfig::default())
}

/// [`WATCH_PAUSE`], however often it was needed before.
struct SamePause;

impl Iterator for SamePause {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        Some(WATCH_PAUSE)
    }
}

impl Backoff for SamePause {
    fn reset(&mut self) {}
}

/// Where to watch.
#[derive(Clone, Copy)]
struct Watched<'a> {
    client: &'a Client,
    namespace: Option<&'a str>,
}

impl Watched<'_> {
    fn full<K>(self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        match self.namespace {
            Some(namespace) => Api::namespaced(self.client.clone(), namespace),
            None => Api::all(self.client.clone()),
        }
    }

    /// Only to be woken: what the objects say is read by the reconcile.
    fn metadata<K>(self) -> Api<PartialObjectMeta<K>>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug,
    {
        self.full()
    }
}

/// The cluster that a pod or a claim says it belongs to.
fn instance<K: Resource>(object: &PartialObjectMeta<K>) -> Option<ObjectRef<SessionCluster>> {
    let cluster = object.metadata.labels.as_ref()?.get(labels::INSTANCE)?;
    Some(ObjectRef::new(cluster).within(object.metadata.namespace.as_deref()?))
}

#[cfg(test)]
mod tests {
    use cloakroom_crds::SessionClusterStatus;
    use futures_util::{StreamExt as _, stream};

    use super::{SamePause, WATCH_PAUSE, of_the_spec};
    use crate::fixtures;

    #[tokio::test]
    async fn our_own_status_wakes_nobody() {
        let seen = |version: &str, uid: &str, generation, epoch| {
            let mut cluster = fixtures::cluster("{}");
            cluster.metadata.resource_version = Some(version.to_owned());
            cluster.metadata.uid = Some(uid.to_owned());
            cluster.metadata.generation = Some(generation);
            cluster.status = Some(SessionClusterStatus { epoch, ..SessionClusterStatus::default() });
            Ok(cluster)
        };
        let changes = [
            seen("1", "a", 1, None),
            seen("2", "a", 1, Some(1)),
            seen("3", "a", 2, Some(1)),
            seen("4", "a", 2, Some(2)),
            seen("5", "b", 2, None),
        ];
        let woken = of_the_spec(stream::iter(changes));
        let woken: Vec<_> =
            woken.map(|cluster| cluster.unwrap().metadata.resource_version.unwrap()).collect().await;
        assert_eq!(woken, ["1", "3", "5"], "made, changed, made anew");
    }

    #[test]
    fn the_pause_after_a_broken_watch_does_not_grow() {
        assert!(SamePause.take(20).all(|pause| pause == WATCH_PAUSE));
    }
}
