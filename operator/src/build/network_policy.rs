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
            policy_types: Some(vec!["Ingress".to_owned()]),
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
    let mut from = vec![anywhere(labels::OPERATOR)];
    if cluster.spec.monitoring.enabled {
        from.push(anywhere("prometheus"));
    }
    rule(ports::ADMIN, from)
}

/// Pods of an application, in any namespace: which one it is installed in is not known here.
fn anywhere(application: &str) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        namespace_selector: Some(LabelSelector::default()),
        pod_selector: Some(LabelSelector {
            match_labels: Some([(labels::NAME.to_owned(), application.to_owned())].into()),
            ..LabelSelector::default()
        }),
        ip_block: None,
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
