//! The Secret with the key that the nodes share. It is made once and never written again: nodes read it when they start.

use k8s_openapi::{ByteString, api::core::v1::Secret};

use super::metadata;
use crate::{
    names,
    peer_key::{self, PeerKey},
    validate::ValidatedCluster,
};

/// The Secret that holds `key`.
#[must_use]
pub fn peer_secret(cluster: &ValidatedCluster, key: &PeerKey) -> Secret {
    Secret {
        metadata: metadata(cluster, names::peer_key(&cluster.name)),
        type_: Some("Opaque".to_owned()),
        data: Some([(peer_key::FILE.to_owned(), ByteString(key.bytes().to_vec()))].into()),
        ..Secret::default()
    }
}
