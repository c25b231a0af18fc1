//! Removes a StatefulSet and keeps its pods: what cannot be changed in one is changed by making it anew.
//!
//! The pods run on. The new StatefulSet finds them by their labels and takes them over, and it does not
//! restart them, for their template is the same. Should the operator end in between, the next reconcile finds
//! no StatefulSet, or one that is going, and goes on from there; without one the kept rendering (`restart/`) is
//! lost, and the pods restart if this operator renders the template otherwise than the one that made them.

use std::time::Duration;

use kube::{ResourceExt as _, api::PropagationPolicy, core::DynamicObject};
use tokio::time::{interval, timeout};

use crate::{
    api::{ApiError, Objects},
    kind::Kind,
};

/// The garbage collector takes the pods' owner away first, and is usually done within a second.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Deletes `old` unless it is being deleted already, and waits until it is gone.
///
/// # Errors
/// The API server's; or that it still is not gone, and then a later reconcile goes on.
pub(crate) async fn remove_keeping_pods(objects: Objects<'_>, old: &DynamicObject) -> Result<(), ApiError> {
    let name = old.name_any();
    if old.metadata.deletion_timestamp.is_none() {
        let uid = old.metadata.uid.as_deref();
        objects.delete(Kind::StatefulSet, &name, uid, PropagationPolicy::Orphan).await?;
    }
    let gone = async {
        let mut ticks = interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            let found = objects.get(Kind::StatefulSet, &name).await?;
            if found.is_none_or(|found| found.metadata.uid != old.metadata.uid) {
                return Ok(());
            }
        }
    };
    timeout(PATIENCE, gone).await.unwrap_or_else(|_| Err(objects.still_there(Kind::StatefulSet, &name)))
}
