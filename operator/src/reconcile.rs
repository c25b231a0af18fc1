//! Brings one cluster closer to its spec, and says how it stands, whatever became of the attempt.

use std::{convert::Infallible, sync::Arc, time::Duration};

use cloakroom_crds::{SessionCluster, SessionClusterStatus};
use k8s_openapi::api::core::v1::Pod;
use kube::{ResourceExt as _, api::PropagationPolicy, runtime::controller::Action};
use serde_json::json;

use crate::{
    api::{ApiError, Objects, dynamic},
    apply::{self, Applier},
    backoff,
    build::{self, Applied, Resources},
    clock,
    context::Context,
    entropy, grow,
    kind::Kind,
    memory::Memory,
    metrics::Metrics,
    notes::{Change, notes},
    observe::{Observation, observe},
    peer_key::PeerKey,
    publish::publish,
    restart, rotate,
    status::{self, Outcome, Shortfall},
    step::{Step, StepFailed},
    storage,
    validate::{ValidatedCluster, validate},
};

/// The number of sessions is asked for this often; everything else is noticed when it happens.
const REFRESH: Duration = Duration::from_secs(15);
/// Nothing tells when somebody else's object is gone, and a cluster that is made anew should not wait long for it.
const VACATED: Duration = Duration::from_secs(2);

/// One reconcile, with its time, its failure and the pause after it.
pub(crate) async fn reconcile(
    cluster: Arc<SessionCluster>,
    context: Arc<Context>,
) -> Result<Action, Infallible> {
    let began = clock::monotonic();
    let mut memory = context.memories.take(&cluster);
    let ended = once(&cluster, &context, &mut memory).await;
    context.metrics.reconciled(clock::monotonic().saturating_duration_since(began));
    let pause = match ended {
        Ok(pause) => {
            memory.failures = 0;
            pause
        }
        Err(failure) => {
            memory.failures = memory.failures.saturating_add(1);
            let pause = backoff::pause(memory.failures);
            tell(&cluster, &context.metrics, &failure, pause);
            pause
        }
    };
    context.memories.put(&cluster, memory);
    Ok(Action::requeue(pause))
}

fn tell(cluster: &SessionCluster, metrics: &Metrics, failure: &StepFailed, pause: Duration) {
    let StepFailed { step, error } = failure;
    let (namespace, name, step_word) = (cluster.namespace(), cluster.name_any(), step.word());
    // Somebody else was faster: no error, and nobody has to do anything.
    if let ApiError::Conflict { .. } = error {
        tracing::debug!(namespace, cluster = name, step = step_word, again_in = ?pause, "{error}");
        return;
    }
    metrics.failed(*step);
    tracing::warn!(namespace, cluster = name, step = step_word, again_in = ?pause, "{error}");
}

/// Returns after which pause to look again.
async fn once(
    cluster: &SessionCluster,
    context: &Context,
    memory: &mut Memory,
) -> Result<Duration, StepFailed> {
    let namespace = cluster.namespace().unwrap_or_default();
    let objects = context.server.namespace(&namespace);
    // What woke us may be older than our own last status.
    let current = objects.read::<SessionCluster>(Kind::SessionCluster, &cluster.name_any()).await;
    let Some(cluster) = current.map_err(|error| Step::Observe.failed(error))? else { return Ok(REFRESH) };
    if cluster.metadata.deletion_timestamp.is_some() {
        // The garbage collector follows the owner references.
        if let Some(farewell) = memory.farewell.clone() {
            farewell.say(context.asker.http()).await;
        }
        return Ok(REFRESH);
    }
    let mut changes = Vec::new();
    let (observed, outcome, failure) = match observe(context, objects, &cluster, memory).await {
        Ok(mut observation) => {
            let (outcome, failure) =
                act(context, objects, &cluster, &mut observation, memory, &mut changes).await;
            (Some(observation.observed), outcome, failure)
        }
        Err(error) => {
            let failure = Step::Observe.failed(error);
            (None, failed(&failure), Some(failure))
        }
    };
    if let Some(conflict @ StepFailed { error: ApiError::Conflict { .. }, .. }) = failure {
        // Settled in a moment by a fresh view: what was done is told, and nothing is wrong.
        let unchanged = cluster.status.clone().unwrap_or_default();
        context.events.publish(&cluster, notes(Some(&unchanged), &unchanged, &changes)).await;
        return Err(conflict);
    }
    let status = status::status(clock::time_of_day(), &cluster, observed.as_ref(), &outcome);
    let written = write_status(objects, &cluster, &status).await;
    context.events.publish(&cluster, notes(cluster.status.as_ref(), &status, &changes)).await;
    match failure {
        Some(failure) => Err(failure),
        None => written.map(|()| refresh(&outcome, memory.pause)),
    }
}

/// `pause`: what the ring asks for.
fn refresh(outcome: &Outcome, pause: Option<Duration>) -> Duration {
    match outcome {
        Outcome::Refused(refusals) if refusals.is_waiting() => pause.unwrap_or(VACATED).min(VACATED),
        Outcome::Paused => REFRESH,
        _ => pause.unwrap_or(REFRESH),
    }
}

/// Everything between the view and the status.
async fn act(
    context: &Context,
    objects: Objects<'_>,
    cluster: &SessionCluster,
    observation: &mut Observation,
    memory: &mut Memory,
    changes: &mut Vec<Change>,
) -> (Outcome, Option<StepFailed>) {
    if cluster.spec.paused {
        return (Outcome::Paused, None);
    }
    if let Err(error) = publish(context, objects, cluster, observation, memory, changes).await {
        let failure = Step::Publish.failed(error);
        return (failed(&failure), Some(failure));
    }
    let valid = match validate(cluster, &observation.observed, &context.settings) {
        Ok(valid) => valid,
        Err(refusals) => return (Outcome::Refused(refusals), None),
    };
    if let Err(error) = share_key(objects, &valid, observation, changes).await {
        let failure = Step::Apply.failed(error);
        return (failed(&failure), Some(failure));
    }
    let (mut outcome, failure) = match drive(objects, &valid, observation, memory, changes).await {
        Ok(driven) => driven,
        Err(failure) => return (failed(&failure), Some(failure)),
    };
    let rotated = rotate::rotate(objects, &valid, &mut observation.observed, changes).await;
    let unrotated = rotated.err().map(|error| Step::Rotate.failed(error));
    if let Outcome::Applied(_, shortfall) = &mut outcome {
        shortfall.location_keys = unrotated.as_ref().map(ToString::to_string);
    }
    (outcome, failure.or(unrotated))
}

fn failed(failure: &StepFailed) -> Outcome {
    Outcome::Failed { step: failure.step.word(), message: failure.to_string() }
}

/// Makes the key that the nodes share, if there is none.
async fn share_key(
    objects: Objects<'_>,
    cluster: &ValidatedCluster,
    observation: &mut Observation,
    changes: &mut Vec<Change>,
) -> Result<(), ApiError> {
    if observation.observed.peer_key.is_some() {
        return Ok(());
    }
    let key = PeerKey::new(entropy::secret());
    let secret = dynamic(&build::peer_secret(cluster, &key));
    let name = secret.name_any();
    objects.create(Kind::Secret, &name, &secret).await?;
    changes.push(Change::Created { kind: Kind::Secret.word(), name });
    observation.observed.peer_key = Some(Ok(key));
    Ok(())
}

/// An outcome with a failure is one that nodes can do without, and that is tried again.
async fn drive(
    objects: Objects<'_>,
    cluster: &ValidatedCluster,
    observation: &Observation,
    memory: &mut Memory,
    changes: &mut Vec<Change>,
) -> Result<(Outcome, Option<StepFailed>), StepFailed> {
    let Observation { observed, live } = observation;
    let prepared = build::build(cluster, observed);
    let plan = storage::plan(cluster, observed);
    let volumes = grow::grow(objects, &plan, memory, changes, clock::monotonic())
        .await
        .map_err(|error| Step::Grow.failed(error))?;
    let applier = Applier { objects, live, sent: &mut memory.sent, changes };
    let (applied, unmonitored) = applier
        .apply(prepared, plan.recreate_stateful_set)
        .await
        .map_err(|error| Step::Apply.failed(error))?;
    unstick(objects, &applied, &observed.pods, changes).await.map_err(|error| Step::Unstick.failed(error))?;
    let pruned = apply::prune(objects, live, &applied, &cluster.owner.uid, changes).await;
    let unpruned = pruned.err().map(|error| Step::Prune.failed(error));
    let unmonitored = unmonitored.map(|error| Step::Apply.failed(error)).or(unpruned);
    let monitoring = unmonitored.as_ref().map(ToString::to_string);
    Ok((
        Outcome::Applied(Box::new(applied), Shortfall { volumes, monitoring, location_keys: None }),
        unmonitored,
    ))
}

/// Deletes pods that keep a roll-out from going on.
async fn unstick(
    objects: Objects<'_>,
    applied: &Resources<Applied>,
    pods: &[Pod],
    changes: &mut Vec<Change>,
) -> Result<(), ApiError> {
    for name in restart::stuck_pods(&applied.stateful_set, pods) {
        let uid = pods.iter().find(|pod| pod.name_any() == name).and_then(|pod| pod.metadata.uid.as_deref());
        objects.delete(Kind::Pod, &name, uid, PropagationPolicy::Background).await?;
        changes.push(Change::Unstuck { pod: name });
    }
    Ok(())
}

/// Writes the status if it is not the one that is there.
async fn write_status(
    objects: Objects<'_>,
    cluster: &SessionCluster,
    status: &SessionClusterStatus,
) -> Result<(), StepFailed> {
    if cluster.status.as_ref() == Some(status) {
        return Ok(());
    }
    let resource = Kind::SessionCluster.resource();
    let patch = json!({
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        // A cluster of the same name that was made in between is another one.
        "metadata": {"name": cluster.name_any(), "uid": cluster.uid()},
        "status": status,
    });
    objects
        .apply_status(Kind::SessionCluster, &cluster.name_any(), &patch)
        .await
        .map_err(|error| Step::Status.failed(error))
}

#[cfg(test)]
mod tests;
