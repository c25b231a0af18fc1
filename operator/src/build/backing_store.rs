//! The backing store as the nodes are told of it: where they find it, which files hold the credentials, and what of the
//! network they need for it.

use cloakroom_crds::{BackingStoreMode, EngineTls, Postgres, Redis, RedisTopology, WhenUnreachable};
use cloakroom_node_config as node;

use super::mounts::{Mounted, Place};
use crate::validate::ValidatedCluster;

const CREDENTIALS: Place = Place { volume: "backing-credentials", dir: "/etc/cloakroom-backing/credentials" };
const CA: Place = Place { volume: "backing-ca", dir: "/etc/cloakroom-backing/ca" };
const CERTIFICATE: Place = Place { volume: "backing-certificate", dir: "/etc/cloakroom-backing/certificate" };

/// The Secrets that `cluster` names for its backing store.
pub(super) fn secrets(cluster: &ValidatedCluster) -> Vec<Mounted> {
    let Some(store) = &cluster.spec.backing_store else { return Vec::new() };
    let (credentials, tls) = match (&store.redis, &store.postgres) {
        (Some(redis), _) => (redis.credentials_secret.as_ref(), redis.tls.as_ref()),
        (None, Some(postgres)) => (Some(&postgres.credentials_secret), postgres.tls.as_ref()),
        (None, None) => (None, None),
    };
    let credentials = credentials.map(|secret| CREDENTIALS.of(&secret.name));
    let ca = tls.map(|tls| CA.of(&tls.ca_secret.name));
    let certificate = tls.and_then(|tls| tls.certificate_secret.as_ref());
    let certificate = certificate.map(|secret| CERTIFICATE.of(&secret.name));
    [credentials, ca, certificate].into_iter().flatten().collect()
}

/// What the nodes of `cluster` are told.
pub(super) fn settings(cluster: &ValidatedCluster) -> Option<node::BackingStore> {
    let store = cluster.spec.backing_store.as_ref()?;
    let mode = match store.mode {
        BackingStoreMode::WriteBehind => node::BackingMode::WriteBehind,
        BackingStoreMode::WriteThrough => node::BackingMode::WriteThrough,
    };
    let defaults = node::BackingStore::new(mode);
    Some(node::BackingStore {
        key_prefix: key_prefix(&cluster.group),
        window: cluster.window.unwrap_or(defaults.window),
        when_unreachable: match store.when_unreachable {
            WhenUnreachable::Stall => node::WhenUnreachable::Stall,
            WhenUnreachable::Degrade => node::WhenUnreachable::Degrade,
        },
        redis: store.redis.as_ref().map(redis),
        postgres: store.postgres.as_ref().map(postgres),
        ..defaults
    })
}

/// What everything that a group stores begins with. A group is two names with a slash between them and none has one itself, so
/// none's keys are among another's.
pub(crate) fn key_prefix(group: &str) -> String {
    format!("{group}/")
}

/// Which keys a Secret has is not looked at: a file that is not there is a credential that there is none of.
fn redis(redis: &Redis) -> node::Redis {
    let credential = |key: &str| redis.credentials_secret.as_ref().map(|_| CREDENTIALS.file(key));
    let sentinel = redis.topology == RedisTopology::Sentinel;
    node::Redis {
        topology: match redis.topology {
            RedisTopology::Standalone => node::RedisTopology::Standalone,
            RedisTopology::Sentinel => node::RedisTopology::Sentinel,
            RedisTopology::Cluster => node::RedisTopology::Cluster,
        },
        addresses: redis.addresses.clone(),
        master_name: redis.master_name.clone(),
        database: u32::try_from(redis.database).unwrap_or_default(),
        username_file: credential("username"),
        password_file: credential("password"),
        sentinel_username_file: credential("sentinel-username").filter(|_| sentinel),
        sentinel_password_file: credential("sentinel-password").filter(|_| sentinel),
        tls: redis.tls.as_ref().map(tls),
    }
}

/// A number that the API server should have refused becomes one that the nodes refuse.
fn postgres(postgres: &Postgres) -> node::Postgres {
    node::Postgres {
        host: postgres.host.clone(),
        port: u16::try_from(postgres.port).unwrap_or_default(),
        database: postgres.database.clone(),
        schema: postgres.schema.clone(),
        username_file: CREDENTIALS.file("username"),
        password_file: Some(CREDENTIALS.file("password")),
        connections: u32::try_from(postgres.connections).unwrap_or_default(),
        tls: postgres.tls.as_ref().map(tls),
    }
}

fn tls(tls: &EngineTls) -> node::EngineTls {
    let shown = |key: &str| tls.certificate_secret.as_ref().map(|_| CERTIFICATE.file(key));
    node::EngineTls {
        ca_file: Some(CA.file("ca.crt")),
        cert_file: shown("tls.crt"),
        key_file: shown("tls.key"),
        server_name: tls.server_name.clone(),
    }
}

/// The ports of an engine; `None` for any: which ports the servers have is known only to the sentinels, or to the members of a
/// Redis Cluster.
pub(super) fn ports(store: &node::BackingStore) -> Option<Vec<u16>> {
    match &store.redis {
        Some(redis) if redis.topology == node::RedisTopology::Standalone => {
            Some(redis.addresses.iter().filter_map(|address| port_of(address)).collect())
        }
        Some(_) => None,
        None => Some(store.postgres.iter().map(|postgres| postgres.port).collect()),
    }
}

pub(super) fn port_of(address: &str) -> Option<u16> {
    address.rsplit_once(':')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    //! What nodes are told is what they accept, and names the files that they have.

    use std::path::Path;

    use super::{ports, secrets, settings};
    use crate::{build::node_config, fixtures};

    fn check(engine: &str, mounted: &[&str], open: Option<&[u16]>) {
        let cluster = fixtures::validated(&format!("{{backingStore: {{mode: WriteThrough, {engine}}}}}"));
        assert_eq!(node_config::settings(&cluster).validate(), Ok(()), "{engine}");
        let secrets = secrets(&cluster);
        let dirs: Vec<String> =
            secrets.iter().map(|secret| format!("{}={}", secret.place.dir, secret.secret)).collect();
        assert_eq!(dirs, mounted, "{engine}");
        assert_eq!(ports(&settings(&cluster).unwrap()).as_deref(), open, "{engine}");
        // Each file that is named is in a directory that is mounted.
        let told = serde_yaml::to_string(&settings(&cluster)).unwrap();
        let files = told.split_whitespace().filter(|word| word.starts_with("/etc/"));
        for file in files {
            let dir = Path::new(file).parent().unwrap().display().to_string();
            assert!(secrets.iter().any(|secret| secret.place.dir == dir), "{engine}: {file}");
        }
    }

    #[test]
    fn every_file_is_mounted() {
        check("redis: {addresses: ['redis:6379']}", &[], Some(&[6379]));
        check(
            "redis: {addresses: ['[fd00::7]:1'], credentialsSecret: {name: a}, tls: {caSecret: {name: b}}}",
            &["/etc/cloakroom-backing/credentials=a", "/etc/cloakroom-backing/ca=b"],
            Some(&[1]),
        );
        check(
            "redis: {topology: Sentinel, addresses: ['a:1', 'b:2'], masterName: m, credentialsSecret: {name: a}}",
            &["/etc/cloakroom-backing/credentials=a"],
            None,
        );
        check("redis: {topology: Cluster, addresses: ['a:1', 'b:2']}", &[], None);
        check(
            "postgres: {host: db, credentialsSecret: {name: a}, tls: {caSecret: {name: b}, certificateSecret: {name: c}}}",
            &[
                "/etc/cloakroom-backing/credentials=a",
                "/etc/cloakroom-backing/ca=b",
                "/etc/cloakroom-backing/certificate=c",
            ],
            Some(&[5432]),
        );
    }
}
