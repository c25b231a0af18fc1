//! What a node's pod has mounted, and where: the paths that the node is told of and the volumes behind them.

use std::path::{Path, PathBuf};

use cloakroom_node_config::PeerTls;
use k8s_openapi::api::core::v1::{ConfigMapVolumeSource, SecretVolumeSource, Volume, VolumeMount};

use super::{backing_store, ring};
use crate::{names, peer_key, validate::ValidatedCluster};

/// Where a node keeps sessions: below the mount, whose own directory belongs to the file system.
pub(super) const DATA_DIR: &str = "/var/lib/cloakroom/data";
/// Where it finds its configuration.
pub(super) const CONFIG_DIR: &str = "/etc/cloakroom";

const DATA_MOUNT: &str = "/var/lib/cloakroom";
const RING_DIR: &str = "/etc/cloakroom-ring";
const KEY_DIR: &str = "/etc/cloakroom-key";
const TLS_DIR: &str = "/etc/cloakroom-tls";

const CONFIG: &str = "config";
const RING: &str = "ring";
const KEY: &str = "peer-key";
const TLS: &str = "peer-tls";

/// For the node's group and nobody else; the file system's group is the node's.
const SECRET_MODE: i32 = 0o440;

pub(super) fn ring_file() -> PathBuf {
    Path::new(RING_DIR).join(ring::RING)
}

pub(super) fn peer_key_file() -> PathBuf {
    Path::new(KEY_DIR).join(peer_key::FILE)
}

pub(super) fn peer_tls() -> PeerTls {
    let file = |name: &str| Path::new(TLS_DIR).join(name);
    PeerTls { cert_file: file("tls.crt"), key_file: file("tls.key"), ca_file: file("ca.crt") }
}

/// All but the data, whose claims the StatefulSet makes.
pub(super) fn volumes(cluster: &ValidatedCluster) -> Vec<Volume> {
    let config_map = |volume: &str, name: String, optional: Option<bool>| Volume {
        name: volume.to_owned(),
        config_map: Some(ConfigMapVolumeSource { name, optional, ..ConfigMapVolumeSource::default() }),
        ..Volume::default()
    };
    let secret = |volume: &str, name: String| Volume {
        name: volume.to_owned(),
        secret: Some(SecretVolumeSource {
            secret_name: Some(name),
            default_mode: Some(SECRET_MODE),
            ..SecretVolumeSource::default()
        }),
        ..Volume::default()
    };
    let tls = cluster.spec.tls.as_ref().map(|tls| secret(TLS, tls.secret_name.clone()));
    let mounted = backing_store::secrets(cluster).into_iter();
    let backing = mounted.map(|mounted| secret(mounted.volume, mounted.secret));
    [
        config_map(CONFIG, names::node_config(&cluster.name), None),
        // A node that cannot read it is told by the operator and by the other nodes.
        config_map(RING, names::ring(&cluster.name), Some(true)),
        secret(KEY, names::peer_key(&cluster.name)),
    ]
    .into_iter()
    .chain(tls)
    .chain(backing)
    .collect()
}

pub(super) fn volume_mounts(cluster: &ValidatedCluster) -> Vec<VolumeMount> {
    let mount = |name: &str, path: &str, read_only: Option<bool>| VolumeMount {
        name: name.to_owned(),
        mount_path: path.to_owned(),
        read_only,
        ..VolumeMount::default()
    };
    let read_only = |name: &str, path: &str| mount(name, path, Some(true));
    let tls = cluster.spec.tls.as_ref().map(|_| read_only(TLS, TLS_DIR));
    let mounted = backing_store::secrets(cluster).into_iter();
    let backing = mounted.map(|mounted| read_only(mounted.volume, &mounted.dir()));
    [
        read_only(CONFIG, CONFIG_DIR),
        mount(names::DATA_CLAIM, DATA_MOUNT, None),
        read_only(RING, RING_DIR),
        read_only(KEY, KEY_DIR),
    ]
    .into_iter()
    .chain(tls)
    .chain(backing)
    .collect()
}
