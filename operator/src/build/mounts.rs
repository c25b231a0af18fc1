//! What a node's pod has mounted, and where: the paths that the node is told of and the volumes behind them.

use std::path::{Path, PathBuf};

use cloakroom_node_config::PeerTls;
use k8s_openapi::api::core::v1::{ConfigMapVolumeSource, SecretVolumeSource, Volume, VolumeMount};

use super::{backing_store, data_centre, ring, state_tls};
use crate::{names, peer_key, validate::ValidatedCluster};

/// Where a node keeps sessions: below the mount, whose own directory belongs to the file system.
pub(super) const DATA_DIR: &str = "/var/lib/cloakroom/data";
/// Where it finds its configuration.
pub(super) const CONFIG_DIR: &str = "/etc/cloakroom";

const DATA_MOUNT: &str = "/var/lib/cloakroom";
const RING_DIR: &str = "/etc/cloakroom-ring";

const CONFIG: &str = "config";
const RING: &str = "ring";
const KEY: Place = Place { volume: "peer-key", dir: "/etc/cloakroom-key" };
const TLS: Place = Place { volume: "peer-tls", dir: "/etc/cloakroom-tls" };

/// For the node's group and nobody else; the file system's group is the node's.
const SECRET_MODE: i32 = 0o440;

/// Where a node has a Secret as files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Name of the volume.
    pub(super) volume: &'static str,
    /// Its directory in the container.
    pub(super) dir: &'static str,
}

/// A Secret that a node has as files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mounted {
    pub(super) place: Place,
    /// Name of the Secret.
    pub(super) secret: String,
}

impl Place {
    pub(super) fn file(self, name: &str) -> PathBuf {
        Path::new(self.dir).join(name)
    }

    /// The files of a certificate, as cert-manager writes them.
    pub(super) fn certificate(self) -> PeerTls {
        PeerTls {
            cert_file: self.file("tls.crt"),
            key_file: self.file("tls.key"),
            ca_file: self.file("ca.crt"),
        }
    }

    pub(super) fn of(self, secret: &str) -> Mounted {
        Mounted { place: self, secret: secret.to_owned() }
    }
}

pub(super) fn ring_file() -> PathBuf {
    Path::new(RING_DIR).join(ring::RING)
}

pub(super) fn peer_key_file() -> PathBuf {
    KEY.file(peer_key::FILE)
}

pub(super) fn peer_tls() -> PeerTls {
    TLS.certificate()
}

fn secrets(cluster: &ValidatedCluster) -> Vec<Mounted> {
    let key = KEY.of(&names::peer_key(&cluster.name));
    let tls = cluster.spec.tls.as_ref().map(|tls| TLS.of(&tls.secret_name));
    let own = [key].into_iter().chain(tls);
    own.chain(state_tls::secret(cluster))
        .chain(data_centre::secrets(cluster))
        .chain(backing_store::secrets(cluster))
        .collect()
}

/// All but the data, whose claims the StatefulSet makes.
pub(super) fn volumes(cluster: &ValidatedCluster) -> Vec<Volume> {
    let config_map = |volume: &str, name: String, optional: Option<bool>| Volume {
        name: volume.to_owned(),
        config_map: Some(ConfigMapVolumeSource { name, optional, ..ConfigMapVolumeSource::default() }),
        ..Volume::default()
    };
    let secret = |mounted: Mounted| Volume {
        name: mounted.place.volume.to_owned(),
        secret: Some(SecretVolumeSource {
            secret_name: Some(mounted.secret),
            default_mode: Some(SECRET_MODE),
            ..SecretVolumeSource::default()
        }),
        ..Volume::default()
    };
    let maps = [
        config_map(CONFIG, names::node_config(&cluster.name), None),
        // A node that cannot read it is told by the operator and by the other nodes.
        config_map(RING, names::ring(&cluster.name), Some(true)),
    ];
    maps.into_iter().chain(secrets(cluster).into_iter().map(secret)).collect()
}

pub(super) fn volume_mounts(cluster: &ValidatedCluster) -> Vec<VolumeMount> {
    let mount = |name: &str, path: &str, read_only: Option<bool>| VolumeMount {
        name: name.to_owned(),
        mount_path: path.to_owned(),
        read_only,
        ..VolumeMount::default()
    };
    let read_only = |name: &str, path: &str| mount(name, path, Some(true));
    let own = [
        read_only(CONFIG, CONFIG_DIR),
        mount(names::DATA_CLAIM, DATA_MOUNT, None),
        read_only(RING, RING_DIR),
    ];
    let secrets = secrets(cluster).into_iter();
    own.into_iter().chain(secrets.map(|mounted| read_only(mounted.place.volume, mounted.place.dir))).collect()
}
