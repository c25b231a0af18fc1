//! What is handed to Prometheus, where the API server knows the Prometheus operator's resources.

use cloakroom_node_config::BackingStore;
use kube::core::DynamicObject;
use serde_json::{Value, json};

use super::{backing_store, metadata};
use crate::{kind::Kind, labels, names, observed::MonitoringKinds, ports, validate::ValidatedCluster};

/// Scrapes each node once: only the headless Service has the admin port.
pub(super) fn service_monitor(cluster: &ValidatedCluster, known: MonitoringKinds) -> Option<DynamicObject> {
    let wanted = cluster.spec.monitoring.enabled && known.service_monitor;
    wanted.then(|| {
        let interval = format!("{}s", cluster.spec.monitoring.interval_seconds);
        object(
            cluster,
            Kind::ServiceMonitor,
            &json!({
                "selector": { "matchLabels": labels::selector(&cluster.name) },
                "endpoints": [{ "port": ports::ADMIN, "path": "/metrics", "interval": interval }],
            }),
        )
    })
}

pub(super) fn prometheus_rule(cluster: &ValidatedCluster, known: MonitoringKinds) -> Option<DynamicObject> {
    let wanted = cluster.spec.monitoring.enabled && known.prometheus_rule;
    wanted.then(|| {
        let rules: Vec<Value> = alerts(cluster).into_iter().map(|alert| alert.rule(cluster)).collect();
        let groups = json!([{ "name": "cloakroom", "rules": rules }]);
        object(cluster, Kind::PrometheusRule, &json!({ "groups": groups }))
    })
}

fn object(cluster: &ValidatedCluster, kind: Kind, spec: &Value) -> DynamicObject {
    let mut object = DynamicObject::new(&cluster.name, &kind.resource()).data(json!({ "spec": spec }));
    object.metadata = metadata(cluster, &cluster.name);
    let mut all = cluster.spec.monitoring.labels.clone();
    all.extend(labels::recommended(&cluster.name));
    object.metadata.labels = Some(all);
    object
}

struct Alert {
    name: &'static str,
    /// PromQL.
    when: String,
    /// How long it must hold.
    lasts: &'static str,
    severity: &'static str,
    /// What it means and what to do.
    summary: &'static str,
}

impl Alert {
    fn rule(self, cluster: &ValidatedCluster) -> Value {
        json!({
            "alert": self.name,
            "expr": self.when,
            "for": self.lasts,
            "labels": { "severity": self.severity, "sessioncluster": cluster.name },
            "annotations": { "summary": self.summary },
        })
    }
}

fn alerts(cluster: &ValidatedCluster) -> Vec<Alert> {
    let peers = names::peer_service(&cluster.name);
    let here = format!("{{namespace=\"{}\",service=\"{peers}\"}}", cluster.namespace);
    let rises = |metric: &str| format!("increase({metric}{here}[5m]) > 0");
    let mut alerts = vec![
        Alert {
            name: "CloakroomNodesDown",
            when: format!("(sum(up{here}) or vector(0)) < {}", cluster.spec.replicas),
            lasts: "2m",
            severity: "critical",
            summary: "Fewer nodes answer than are wanted: the conditions of the SessionCluster say why.",
        },
        Alert {
            name: "CloakroomDiskFull",
            when: format!("cloakroom_disk_full{here} == 1"),
            lasts: "1m",
            severity: "critical",
            summary: "New sessions are refused because the volume is full: raise spec.storage.size.",
        },
        Alert {
            name: "CloakroomDiskNearlyFull",
            when: format!(
                "(cloakroom_journal_live_bytes{here} + cloakroom_journal_dead_bytes{here}) > 0.8 * {}",
                cluster.storage
            ),
            lasts: "10m",
            severity: "warning",
            summary: "Sessions fill four fifths of the volume: raise spec.storage.size before new ones are refused.",
        },
        Alert {
            name: "CloakroomSessionsLost",
            when: rises("cloakroom_sessions_lost_total"),
            lasts: "0m",
            severity: "critical",
            summary: "Sessions are lost. The label reason says why: a volume that cannot be read, a node that was taken out of the ring, or a change that a newer one of another node made void.",
        },
        Alert {
            name: "CloakroomRequestsHeld",
            when: rises("cloakroom_requests_held_total"),
            lasts: "2m",
            severity: "critical",
            summary: "Users wait for sessions of a node that is away or cut off: the conditions of the SessionCluster say which.",
        },
        Alert {
            name: "CloakroomPeersRefused",
            when: rises("cloakroom_peer_hellos_refused_total"),
            lasts: "5m",
            severity: "warning",
            summary: "Links between nodes do not come about: look at the reason label, and whether a stranger knocks at the peer port.",
        },
        Alert {
            name: "CloakroomRequestsUnanswered",
            when: rises("cloakroom_requests_unanswered_total"),
            lasts: "5m",
            severity: "warning",
            summary: "Requests stay unanswered because commits fail or take too long: look at the volume and the node's log.",
        },
        Alert {
            name: "CloakroomConnectionsRefused",
            when: rises("cloakroom_connections_refused_total"),
            lasts: "5m",
            severity: "warning",
            summary: "Web servers are turned away by a connection limit: look at the reason label, and add nodes.",
        },
    ];
    alerts.extend(backing_store::settings(cluster).iter().flat_map(|store| of_backing_store(store, &here)));
    alerts.extend((!cluster.spec.peers.is_empty()).then(|| of_peers(&here)));
    alerts
}

fn of_peers(here: &str) -> Alert {
    Alert {
        name: "CloakroomDataCentreUnreachable",
        when: format!("cloakroom_data_centre_up{here} == 0"),
        lasts: "1m",
        severity: "critical",
        summary: "A node does not reach another data centre, and takes its sessions over: condition PeersReachable of the SessionCluster says why.",
    }
}

fn of_backing_store(store: &BackingStore, here: &str) -> [Alert; 4] {
    [
        Alert {
            name: "CloakroomBackingStoreUnreachable",
            when: format!("cloakroom_backing_store_up{here} == 0"),
            lasts: "1m",
            severity: "critical",
            summary: "A node cannot use the backing store: condition BackingStoreReachable of the SessionCluster says why.",
        },
        Alert {
            name: "CloakroomBackingStoreDegraded",
            when: format!("cloakroom_backing_store_degraded{here} == 1"),
            lasts: "1m",
            severity: "critical",
            summary: "Requests are answered before the backing store has them, because it cannot be reached: the loss of a node now costs what waits on its volume.",
        },
        Alert {
            name: "CloakroomChangesWait",
            when: format!("cloakroom_oldest_unflushed_seconds{here} > {}", 60 + store.window.as_secs()),
            lasts: "2m",
            severity: "warning",
            summary: "Changes have waited for the backing store for more than a minute: it is away, or too slow for these nodes.",
        },
        Alert {
            name: "CloakroomWritersSlowed",
            when: format!("cloakroom_unflushed_sessions{here} > {}", store.unflushed_sessions / 5 * 4),
            lasts: "1m",
            severity: "critical",
            summary: "So many sessions wait for the backing store that writers are slowed down, or will be soon.",
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    /// An alert on a metric that nobody exports never fires.
    #[test]
    fn alerts_speak_of_metrics_that_nodes_export() {
        let catalogue = include_str!("../../../docs/metrics.md");
        let spec = "{backingStore: {mode: WriteThrough, redis: {addresses: ['redis:6379']}}, \
                    dataCentre: {name: west, number: 1, gateway: {keySecret: {name: group}}}, \
                    peers: [{name: east, number: 2, address: 'east:42426'}]}";
        let alerts = alerts(&fixtures::validated(spec));
        assert!(alerts.iter().any(|alert| alert.name == "CloakroomDataCentreUnreachable"));
        let words =
            alerts.iter().flat_map(|alert| alert.when.split(|c: char| !c.is_ascii_lowercase() && c != '_'));
        let metrics: Vec<&str> = words.filter(|word| word.starts_with("cloakroom_")).collect();
        assert!(metrics.len() >= 5, "{metrics:?}");
        for metric in metrics {
            assert!(catalogue.contains(&format!("| `{metric}` |")), "{metric} is not in docs/metrics.md");
        }
    }
}
