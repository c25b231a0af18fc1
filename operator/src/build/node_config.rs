//! The nodes' configuration: what the spec says and what a container's memory allows.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use cloakroom_crds::Acknowledge;
use cloakroom_node_config::{Journal, Limits, Log, LogFormat, NodeConfig};
use k8s_openapi::api::core::v1::ConfigMap;

use super::{metadata, pod};
use crate::{names, ports, restart::Rendering, validate::ValidatedCluster};

/// Key of the ConfigMap, and so the file's name.
pub const FILE: &str = "node.yaml";

const MIB: u64 = 1 << 20;

/// What the nodes of `cluster` are told.
#[must_use]
pub fn settings(cluster: &ValidatedCluster) -> NodeConfig {
    let everywhere = |port: u16| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    let defaults = NodeConfig::default();
    // Without a limit the machine's memory is the bound, and the node's own defaults are made for that.
    let spare = cluster.memory.map(|memory| memory.saturating_sub(cluster.hot_tier));
    NodeConfig {
        data_dir: PathBuf::from(pod::DATA_DIR),
        state_listen: everywhere(cluster.state_port),
        admin_listen: everywhere(ports::ADMIN_PORT),
        // The NetworkPolicy admits nobody but who was named.
        allow_plaintext: true,
        acknowledge: match cluster.spec.acknowledge {
            Acknowledge::Disk => cloakroom_node_config::Acknowledge::Disk,
            Acknowledge::Memory => cloakroom_node_config::Acknowledge::Memory,
        },
        hot_tier: cluster.hot_tier,
        limits: Limits {
            // A quarter, so that the index and the committer's queue fit beside bodies that arrive at once.
            in_flight_bytes: spare
                .map_or(defaults.limits.in_flight_bytes, |spare| (spare / 4).max(defaults.limits.body_bytes)),
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

pub(super) fn config_map(cluster: &ValidatedCluster, rendering: &Rendering) -> ConfigMap {
    ConfigMap {
        metadata: metadata(cluster, names::node_config(&cluster.name)),
        data: Some([(FILE.to_owned(), rendering.node_config.clone())].into()),
        ..ConfigMap::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn buffers_follow_the_memory_that_the_hot_tier_leaves() {
        for (limits, in_flight, queue) in [
            ("{memory: 768Mi}", 128, 64),
            ("{memory: 2Gi}", 448, 64),
            // The least that the API server accepts beside a hot tier of 256Mi.
            ("{memory: 448Mi}", 64, 24),
            ("{}", 256, 64),
        ] {
            let spec = format!("{{podTemplate: {{resources: {{limits: {limits}}}}}}}");
            let settings = settings(&fixtures::validated(&spec));
            let got = (settings.limits.in_flight_bytes / MIB, settings.journal.queue_bytes / MIB);
            assert_eq!(got, (in_flight, queue), "{limits}");
        }
    }
}
