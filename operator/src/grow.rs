//! Grows volumes. One that may not grow is noted and does not keep the others, or anything else, back.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    api::{ApiError, Objects},
    kind::Kind,
    memory::{Memory, RefusedGrowth},
    notes::Change,
    status,
    storage::{Growth, StoragePlan},
};

/// A StorageClass may be given `allowVolumeExpansion` at any time, and nothing tells the operator.
const ASK_AGAIN: Duration = Duration::from_secs(60);

/// Asks for the sizes of `plan`, and gives back what was refused.
///
/// # Errors
/// What is not a refusal, for example an API server that does not answer.
pub(crate) async fn grow(
    objects: Objects<'_>,
    plan: &StoragePlan,
    memory: &mut Memory,
    changes: &mut Vec<Change>,
    now: Instant,
) -> Result<Vec<status::RefusedGrowth>, ApiError> {
    memory.refusals.retain(|claim, refusal| {
        let still_asked = plan.grow.iter().any(|growth| growth.claim == *claim && growth.to == refusal.size);
        still_asked && now.saturating_duration_since(refusal.at) < ASK_AGAIN
    });
    for Growth { claim, from, to } in &plan.grow {
        if memory.refusals.contains_key(claim) {
            continue;
        }
        let patch = json!({"spec": {"resources": {"requests": {"storage": to}}}});
        match objects.merge(Kind::PersistentVolumeClaim, claim, &patch).await {
            Ok(_) => {
                changes.push(Change::Grown { claim: claim.clone(), from: from.0.clone(), to: to.0.clone() });
            }
            Err(
                error @ (ApiError::Refused { .. } | ApiError::Invalid { .. } | ApiError::RoleLacks { .. }),
            ) => {
                let refusal = RefusedGrowth { size: to.clone(), message: error.to_string(), at: now };
                memory.refusals.insert(claim.clone(), refusal);
            }
            Err(error) => return Err(error),
        }
    }
    let refused = memory.refusals.iter().map(|(claim, refusal)| status::RefusedGrowth {
        claim: claim.clone(),
        message: refusal.message.clone(),
    });
    Ok(refused.collect())
}
