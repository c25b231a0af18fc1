//! Who reaches the nodes. The state protocol knows neither passwords nor encryption, so this is the lock on the
//! door.

use k8s_openapi::{
    api::networking::v1::{
        NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec,
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
            // Nodes open no connection: no rule for Egress lets none out.
            policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
            ingress: Some(state(cluster).into_iter().chain([admin(cluster)]).collect()),
            ..NetworkPolicySpec::default()
        }),
    }
}

/// `None` for nobody: a rule without peers would admit everybody.
fn state(cluster: &ValidatedCluster) -> Option<NetworkPolicyIngressRule> {
    let own_namespace =
        || vec![NetworkPolicyPeer { pod_selector: Some(LabelSelector::default()), ..Default::default() }];
    let from = cluster.spec.state.allow_from.clone().unwrap_or_else(own_namespace);
    (!from.is_empty()).then(|| rule(ports::STATE, from))
}

fn admin(cluster: &ValidatedCluster) -> NetworkPolicyIngressRule {
    // Not by its labels alone: whoever may make pods in some other namespace can give them these labels.
    let here = labelled(labels::NAMESPACE, &cluster.operator_namespace);
    let mut from = vec![application(labels::OPERATOR, here)];
    if cluster.spec.monitoring.enabled {
        // Which namespace it is installed in is not known here.
        from.push(application("prometheus", LabelSelector::default()));
    }
    rule(ports::ADMIN, from)
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

fn rule(port: &str, from: Vec<NetworkPolicyPeer>) -> NetworkPolicyIngressRule {
    NetworkPolicyIngressRule {
        from: Some(from),
        ports: Some(vec![NetworkPolicyPort {
            port: Some(IntOrString::String(port.to_owned())),
            protocol: Some("TCP".to_owned()),
            end_port: None,
        }]),
    }
}
