//! The nodes' configuration: what the spec says and what a container's memory allows.
//!
//! Each revision of the pods has a file of its own, named by the hash of the spec that both were made from: a node
//! that restarts in a pod of an earlier revision must not read what was written for a later one.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use cloakroom_crds::Acknowledge;
use cloakroom_node_config::{Journal, Limits, Log, LogFormat, NodeConfig};
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::ResourceExt;

use super::{backing_store, data_centre, metadata, mounts, pod, state_tls};
use crate::{labels, names, observed::Observed, ports, restart::Rendering, validate::ValidatedCluster};

const MIB: u64 = 1 << 20;
/// More bodies at once than a machine's network brings in seconds, and far below what nodes accept.
const IN_FLIGHT_MOST: u64 = 16 << 30;

/// Key of the ConfigMap, and so the file's name, for pods of this hash.
pub(crate) fn file(spec_hash: &str) -> String {
    format!("node-{spec_hash}.yaml")
}

/// What the nodes of `cluster` are told.
#[must_use]
pub fn settings(cluster: &ValidatedCluster) -> NodeConfig {
    let everywhere = |port: u16| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    let defaults = NodeConfig::default();
    // Without a limit the machine's memory is the bound, and the node's own defaults are made for that.
    let spare = cluster.memory.map(|memory| memory.saturating_sub(cluster.hot_tier));
    NodeConfig {
        data_dir: PathBuf::from(mounts::DATA_DIR),
        state_listen: everywhere(cluster.state_port),
        admin_listen: everywhere(ports::ADMIN_PORT),
        peer_listen: everywhere(ports::PEERS_PORT),
        ring_file: Some(mounts::ring_file()),
        peer_key_file: Some(mounts::peer_key_file()),
        peer_tls: cluster.spec.tls.as_ref().map(|_| mounts::peer_tls()),
        backing_store: backing_store::settings(cluster),
        data_centre: data_centre::settings(cluster),
        state_tls: state_tls::settings(cluster),
        // The NetworkPolicy admits nobody but who was named.
        allow_plaintext: true,
        acknowledge: match cluster.spec.acknowledge {
            Acknowledge::Disk => cloakroom_node_config::Acknowledge::Disk,
            Acknowledge::Memory => cloakroom_node_config::Acknowledge::Memory,
        },
        hot_tier: cluster.hot_tier,
        limits: Limits {
            // A quarter, so that the index and the committer's queue fit beside bodies that arrive at once.
            in_flight_bytes: spare.map_or(defaults.limits.in_flight_bytes, |spare| {
                (spare / 4).clamp(defaults.limits.body_bytes, IN_FLIGHT_MOST)
            }),
            // The volume's own size is the bound, so that growing it restarts nobody.
            disk_bytes: None,
            ..defaults.limits
        },
        journal: Journal {
            // A pod's volume is often small, and a segment is the least that compaction gives back.
            segment_bytes: 16 * MIB,
            queue_bytes: spare.map_or(defaults.journal.queue_bytes, |spare| {
                (spare / 8).clamp(MIB, defaults.journal.queue_bytes)
            }),
            ..defaults.journal
        },
        drain_timeout: pod::DRAIN_TIMEOUT,
        log: Log { format: LogFormat::Json, ..defaults.log },
        ..defaults
    }
}

/// The files of all revisions that a pod may still be started from: the one to be rolled out; the one that the
/// StatefulSet has now, which stays in force if the new one is refused; and those of the pods that there are.
pub(super) fn config_map(
    cluster: &ValidatedCluster,
    rendering: &Rendering,
    observed: &Observed,
) -> ConfigMap {
    let kept = observed.stateful_set.as_ref().and_then(Rendering::of);
    let mut data = in_use(observed).unwrap_or_default();
    data.extend(kept.as_ref().and_then(Rendering::node_file));
    data.extend(rendering.node_file());
    ConfigMap {
        metadata: metadata(cluster, names::node_config(&cluster.name)),
        data: Some(data),
        ..ConfigMap::default()
    }
}

fn in_use(observed: &Observed) -> Option<BTreeMap<String, String>> {
    let published = observed.node_config.as_ref()?.data.as_ref()?;
    let file_of = |pod: &Pod| Some(file(pod.annotations().get(labels::SPEC_HASH)?));
    let files = observed.pods.iter().filter_map(file_of);
    Some(files.filter_map(|file| Some((file.clone(), published.get(&file)?.clone()))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{build::build, fixtures};

    #[test]
    fn buffers_follow_the_memory_that_the_hot_tier_leaves() {
        for (limits, in_flight, queue) in [
            ("{memory: 768Mi}", 128, 64),
            ("{memory: 2Gi}", 448, 64),
            // The least that the API server accepts beside a hot tier of 256Mi.
            ("{memory: 448Mi}", 64, 24),
            ("{memory: 64Ti}", 16_384, 64),
            ("{}", 256, 64),
        ] {
            let spec = format!("{{podTemplate: {{resources: {{limits: {limits}}}}}}}");
            let settings = settings(&fixtures::validated(&spec));
            let got = (settings.limits.in_flight_bytes / MIB, settings.journal.queue_bytes / MIB);
            assert_eq!(got, (in_flight, queue), "{limits}");
        }
    }

    fn files(object: &ConfigMap) -> Vec<&str> {
        object.data.as_ref().unwrap().keys().map(String::as_str).collect()
    }

    #[test]
    fn each_revision_that_is_in_use_has_its_own_file() {
        let first = build(&fixtures::validated("{}"), &Observed::default());
        let template = first.stateful_set.spec.as_ref().unwrap().template.clone();
        let pod = Pod { metadata: template.metadata.unwrap(), ..Pod::default() };
        let mut observed = Observed {
            stateful_set: Some(first.stateful_set),
            node_config: Some(first.node_config.clone()),
            ..Observed::default()
        };
        let first = files(&first.node_config);
        let args = template.spec.unwrap().containers.remove(0).args.unwrap();
        assert_eq!(args, ["--config".to_owned(), format!("/etc/cloakroom/{}", first[0])]);

        // The new StatefulSet may be refused, and then pods of the old one go on.
        let changed = build(&fixtures::validated("{hotTier: {size: 6Gi}}"), &observed);
        assert!(files(&changed.node_config).contains(&first[0]), "{:?}", changed.node_config);
        assert_eq!(files(&changed.node_config).len(), 2);

        observed.stateful_set = Some(changed.stateful_set);
        observed.node_config = Some(changed.node_config.clone());
        observed.pods = vec![pod];
        let rolling = build(&fixtures::validated("{hotTier: {size: 6Gi}}"), &observed).node_config;
        assert_eq!(rolling.data, changed.node_config.data, "a pod of the first revision is left");

        observed.pods.clear();
        let rolled = build(&fixtures::validated("{hotTier: {size: 6Gi}}"), &observed).node_config;
        assert_eq!(files(&rolled).len(), 1);
        assert_ne!(files(&rolled), first);
    }
}
