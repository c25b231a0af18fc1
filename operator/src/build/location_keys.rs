//! The Secret with the keys of the location cookie: made once, and one key longer each time that it is due.
//!
//! Web servers read a mounted Secret a minute or so after it was written. So a new key is there for [`SEAL_AFTER`] before it seals,
//! and every cookie that anybody seals can be opened by everybody.

use std::time::Duration;

use cloakroom_location::{KeyRing, Plan};
use k8s_openapi::{
    ByteString,
    api::core::v1::Secret,
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time},
    jiff::Timestamp,
};

use super::metadata;
use crate::{
    labels,
    location_secret::{self, LocationSecret},
    names,
    validate::ValidatedCluster,
};

/// Twice as long as a kubelet takes to renew what is mounted.
const SEAL_AFTER: Duration = Duration::from_secs(120);

/// The Secret to write, and which key in it is new.
#[derive(Clone, Debug)]
pub struct LocationKeys {
    /// It names the version that it follows, if there is one.
    pub secret: Secret,
    /// Number of the new key.
    pub newest: u32,
    /// From when on it seals.
    pub seals_from: Time,
}

/// What must be written `now`, with a secret that is drawn for it; `None` if what is `held` may stay, or is somebody else's to keep.
#[must_use]
pub fn location_keys(
    cluster: &ValidatedCluster,
    held: Option<&LocationSecret>,
    now: Timestamp,
    draw: impl FnOnce() -> [u8; 32],
) -> Option<LocationKeys> {
    let asked = &cluster.spec.location_keys;
    if asked.secret_name.is_some() {
        return None;
    }
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let keys = match held {
        None => KeyRing::generate(seconds, draw()),
        // Keys that others have not mounted yet must not push out the one that seals.
        Some(held) if held.keys.newest_seals_from() > seconds => return None,
        Some(held)
            if held.rotation != Some(asked.rotation) || held.keys.due(seconds, cluster.rotate_every) =>
        {
            let plan = Plan { seal_after: SEAL_AFTER, keep: cluster.rotate_every };
            held.keys.rotated(seconds, draw(), plan)
        }
        Some(_) => return None,
    };
    let metadata = metadata(cluster, names::location_keys(&cluster.name));
    let secret = Secret {
        metadata: ObjectMeta {
            annotations: Some([(labels::ROTATION.to_owned(), asked.rotation.to_string())].into()),
            resource_version: held.and_then(|held| held.version.clone()),
            ..metadata
        },
        type_: Some("Opaque".to_owned()),
        data: Some(
            [(location_secret::FILE.to_owned(), ByteString(keys.to_json().as_bytes().to_vec()))].into(),
        ),
        ..Secret::default()
    };
    Some(LocationKeys { secret, newest: keys.newest_id(), seals_from: seals_from(&keys) })
}

/// From when on the newest of `keys` seals.
pub(crate) fn seals_from(keys: &KeyRing) -> Time {
    let seconds = i64::try_from(keys.newest_seals_from()).unwrap_or(i64::MAX);
    Time(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    //! When there is a new key, and what becomes of the former.

    use serde_json::{Value, json};

    use super::*;
    use crate::fixtures;

    const DAY: i64 = 86_400;

    fn random(first: u8) -> [u8; 32] {
        std::array::from_fn(|at| first.wrapping_add(u8::try_from(at).unwrap()))
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    /// The keys of a Secret without what is secret: id, from when on it seals, until when it opens.
    fn short(secret: &Secret) -> Value {
        let text = secret.data.as_ref().unwrap()[location_secret::FILE].0.clone();
        let keys: Value = serde_json::from_slice(&text).unwrap();
        keys["keys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| json!([key["id"], key["sealFrom"], key["openUntil"]]))
            .collect()
    }

    /// What is written for `spec` at `now` after the first key was made at 1,000,000 for rotation 0.
    fn after_first(spec: &str, now: i64) -> Option<Value> {
        let first = location_keys(&fixtures::validated("{}"), None, at(1_000_000), || random(0)).unwrap();
        let mut secret = first.secret;
        secret.metadata.resource_version = Some("5".to_owned());
        let held = LocationSecret::of(&secret).unwrap();
        let next = location_keys(&fixtures::validated(spec), Some(&held), at(now), || random(1))?;
        assert_eq!(
            next.secret.metadata.resource_version.as_deref(),
            Some("5"),
            "it follows that very version"
        );
        Some(short(&next.secret))
    }

    #[test]
    fn the_first_key_seals_at_once() {
        let first = location_keys(&fixtures::validated("{}"), None, at(7), || random(0)).unwrap();
        assert_eq!((short(&first.secret), first.newest), (json!([[1, 7, null]]), 1));
        assert_eq!(first.secret.metadata.resource_version, None, "it must not exist yet");
        assert_eq!(first.seals_from, Time(at(7)));
    }

    #[test]
    fn a_key_is_followed_when_it_is_due_and_when_somebody_asks() {
        let (made, month) = (1_000_000, 30 * DAY);
        let rotated = |now: i64, keep: i64| Some(json!([[1, made, now + 120 + keep], [2, now + 120, null]]));
        for (spec, now, expected) in [
            ("{}", made + month - 1, None),
            ("{}", made + month, rotated(made + month, month)),
            ("{locationKeys: {rotateEvery: 1h}}", made + 3_600, rotated(made + 3_600, 3_600)),
            ("{locationKeys: {rotation: 1}}", made, rotated(made, month)),
            // A key that does not seal yet, or a clock that went back.
            ("{}", made - DAY, None),
            ("{locationKeys: {rotation: 1}}", made - 1, None),
            ("{locationKeys: {secretName: copied}}", made + month, None),
        ] {
            assert_eq!(after_first(spec, now), expected, "{spec} at {now}");
        }
    }

    #[test]
    fn keys_of_somebody_else_are_not_made() {
        let spec = fixtures::validated("{locationKeys: {secretName: copied}}");
        assert!(location_keys(&spec, None, at(7), || random(0)).is_none());
    }
}
