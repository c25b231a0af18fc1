//! The last step: makes and rotates the keys of the location cookie. Nodes do without them, so nothing waits for it.

use kube::ResourceExt as _;

use crate::{
    api::{ApiError, Objects, dynamic, typed},
    build::{LocationKeys, location_keys},
    clock, entropy,
    kind::Kind,
    location_secret::LocationSecret,
    notes::Change,
    observed::Observed,
    validate::ValidatedCluster,
};

/// Writes what is due, and takes it for what is there from then on.
///
/// # Errors
/// It could not be written, or somebody else has written it since it was read.
pub(crate) async fn rotate(
    objects: Objects<'_>,
    cluster: &ValidatedCluster,
    observed: &mut Observed,
    changes: &mut Vec<Change>,
) -> Result<(), ApiError> {
    let held = match &observed.location_keys {
        // Nobody's keys are written over. The status says what to do.
        Some(Err(_)) => return Ok(()),
        Some(Ok(held)) => Some(held),
        None => None,
    };
    let due = location_keys(cluster, held, clock::time_of_day(), entropy::secret);
    let Some(LocationKeys { secret, newest, seals_from }) = due else { return Ok(()) };
    let (desired, name) = (dynamic(&secret), secret.name_any());
    let written = if held.is_none() {
        let written = objects.create(Kind::Secret, &name, &desired).await?;
        changes.push(Change::Created { kind: Kind::Secret.word(), name });
        written
    } else {
        // Not replaced: what others wrote on it, such as where it is to be copied to, stays.
        let written = objects.merge(Kind::Secret, &name, &desired).await?;
        changes.push(Change::Rotated { name, newest, seals_from });
        written
    };
    observed.location_keys = Some(LocationSecret::of(&typed(&written)?));
    Ok(())
}
