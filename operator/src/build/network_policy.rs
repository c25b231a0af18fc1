//! Who reaches the nodes. The state protocol knows neither passwords nor encryption, so this is the lock on the
//! door.

use k8s_openapi::{
    api::networking::v1::{
        NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
        NetworkPolicyPort, NetworkPolicySpec,
    },
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};

use super::metadata;
use crate::{labels, ports, validate::ValidatedCluster};

pub(super) fn network_policy(cluster: &ValidatedCluster) -> NetworkPolicy {
    NetworkPolicy {
        metadata: metadata(cluster, &cluster.name),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(LabelSelector {
                match_labels: Some(labels::selector(&cluster.name)),
                ..LabelSelector::default()
            }),
            policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
            ingress: Some(state(cluster).into_iter().chain([peers(cluster), admin(cluster)]).collect()),
            // Nodes open connections to each other, and to nobody else.
            egress: Some(vec![NetworkPolicyEgressRule {
                to: Some(own_nodes(cluster)),
                ports: Some(vec![port(peer_port())]),
            }]),
        }),
    }
}

/// `None` for nobody: a rule without peers would admit everybody.
fn state(cluster: &ValidatedCluster) -> Option<NetworkPolicyIngressRule> {
    let own_namespace =
        || vec![NetworkPolicyPeer { pod_selector: Some(LabelSelector::default()), ..Default::default() }];
    let from = cluster.spec.state.allow_from.clone().unwrap_or_else(own_namespace);
    (!from.is_empty()).then(|| rule(named(ports::STATE), from))
}

fn peers(cluster: &ValidatedCluster) -> NetworkPolicyIngressRule {
    rule(peer_port(), own_nodes(cluster))
}

fn own_nodes(cluster: &ValidatedCluster) -> Vec<NetworkPolicyPeer> {
    vec![NetworkPolicyPeer {
        pod_selector: Some(LabelSelector {
            match_labels: Some(labels::selector(&cluster.name)),
            ..LabelSelector::default()
        }),
        ..NetworkPolicyPeer::default()
    }]
}

/// By its number: the name of a port is looked up in each pod, and those of an earlier release do not have it.
fn peer_port() -> IntOrString {
    IntOrString::Int(i32::from(ports::PEERS_PORT))
}

fn named(port: &str) -> IntOrString {
    IntOrString::String(port.to_owned())
}

fn admin(cluster: &ValidatedCluster) -> NetworkPolicyIngressRule {
    // Not by its labels alone: whoever may make pods in some other namespace can give them these labels.
    let here = labelled(labels::NAMESPACE, &cluster.operator_namespace);
    let mut from = vec![application(labels::OPERATOR, here)];
    if cluster.spec.monitoring.enabled {
        // Which namespace it is installed in is not known here.
        from.push(application("prometheus", LabelSelector::default()));
    }
    rule(named(ports::ADMIN), from)
}

fn application(name: &str, namespaces: LabelSelector) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        namespace_selector: Some(namespaces),
        pod_selector: Some(labelled(labels::NAME, name)),
        ip_block: None,
    }
}

fn labelled(key: &str, value: &str) -> LabelSelector {
    LabelSelector {
        match_labels: Some([(key.to_owned(), value.to_owned())].into()),
        ..LabelSelector::default()
    }
}

fn rule(to: IntOrString, from: Vec<NetworkPolicyPeer>) -> NetworkPolicyIngressRule {
    NetworkPolicyIngressRule { from: Some(from), ports: Some(vec![port(to)]) }
}

fn port(port: IntOrString) -> NetworkPolicyPort {
    NetworkPolicyPort { port: Some(port), protocol: Some("TCP".to_owned()), end_port: None }
}
