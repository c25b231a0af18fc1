//! The keys of the location cookie: those that there are, in short, and what is due of them.

use std::time::Duration;

use cloakroom_operator::{
    build::{LocationKeys, location_keys},
    location_secret::{LocationSecret, NoLocationKeys},
    observed::Observed,
    validate::ValidatedCluster,
};
use serde::Deserialize;

use crate::now;

/// Keys that were made for an earlier spec.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct KeysInShort {
    /// Days since the newest key began to seal.
    age: u32,
    /// The Secret has something else in it.
    damaged: bool,
}

impl Default for KeysInShort {
    fn default() -> Self {
        Self { age: 1, damaged: false }
    }
}

impl KeysInShort {
    /// Keys that were made for an `earlier` spec; `None` if somebody else was to keep them.
    pub(crate) fn held(&self, earlier: &ValidatedCluster) -> Option<Result<LocationSecret, NoLocationKeys>> {
        let then = now() - Duration::from_secs(u64::from(self.age) * 86_400);
        let mut made = location_keys(earlier, None, then, drawn)?.secret;
        made.metadata.resource_version = Some("51".to_owned());
        if self.damaged {
            made.data = None;
        }
        Some(LocationSecret::of(&made))
    }
}

/// What is due of the keys of the location cookie.
pub(crate) fn locate(cluster: &ValidatedCluster, observed: &Observed) -> Option<LocationKeys> {
    match &observed.location_keys {
        Some(Err(_)) => None,
        held => {
            let held = held.as_ref().and_then(|held| held.as_ref().ok());
            location_keys(cluster, held, now(), drawn)
        }
    }
}

/// In the place of randomness.
fn drawn() -> [u8; 32] {
    std::array::from_fn(|at| u8::try_from(at).unwrap())
}
