//! Who reaches the nodes. The state protocol knows neither passwords nor encryption, so this is the lock on the
//! door.

use std::collections::BTreeSet;

use cloakroom_node_config::{BackingStore, NodeConfig};
use k8s_openapi::{
    api::{
        core::v1::ConfigMap,
        networking::v1::{
            NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
            NetworkPolicyPort, NetworkPolicySpec,
        },
    },
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};

use super::{backing_store, metadata};
use crate::{labels, ports, validate::ValidatedCluster};

/// Where host names are looked up. A policy judges the port of the pod behind the Service, which on some distributions is not
/// the Service's.
const NAME_SERVICE: [(u16, &str); 4] = [(53, "UDP"), (53, "TCP"), (5_353, "UDP"), (5_353, "TCP")];

/// `told`: the nodes' configuration.
pub(super) fn network_policy(cluster: &ValidatedCluster, told: &ConfigMap) -> NetworkPolicy {
    NetworkPolicy {
        metadata: metadata(cluster, &cluster.name),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(LabelSelector {
                match_labels: Some(labels::selector(&cluster.name)),
                ..LabelSelector::default()
            }),
            policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
            ingress: Some(state(cluster).into_iter().chain([peers(cluster), admin(cluster)]).collect()),
            // Nodes open connections to each other, to the backing store, and to nobody else.
            egress: Some([to_peers(cluster)].into_iter().chain(to_backing_stores(told)).collect()),
        }),
    }
}

fn to_peers(cluster: &ValidatedCluster) -> NetworkPolicyEgressRule {
    NetworkPolicyEgressRule { to: Some(own_nodes(cluster)), ports: Some(vec![port(peer_port())]) }
}

/// To whatever backing store pods are `told` of, also those that have yet to restart for another one. To any address: a policy
/// knows no host names, and an engine's addresses change with its failover. Who must not be reached from here is for a policy of
/// its own.
fn to_backing_stores(told: &ConfigMap) -> Option<NetworkPolicyEgressRule> {
    let configs = told.data.iter().flatten().filter_map(|(_, text)| NodeConfig::from_yaml(text).ok());
    let stores: Vec<BackingStore> = configs.filter_map(|config| config.backing_store).collect();
    if stores.is_empty() {
        return None;
    }
    let Some(engines) = stores.iter().map(backing_store::ports).collect::<Option<Vec<_>>>() else {
        return Some(NetworkPolicyEgressRule::default());
    };
    let engines: BTreeSet<u16> = engines.into_iter().flatten().collect();
    let by_number = |number: u16| port(IntOrString::Int(i32::from(number)));
    let names = NAME_SERVICE.map(|(number, protocol)| NetworkPolicyPort {
        protocol: Some(protocol.to_owned()),
        ..by_number(number)
    });
    let ports = engines.into_iter().map(by_number).chain(names).collect();
    Some(NetworkPolicyEgressRule { to: None, ports: Some(ports) })
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

#[cfg(test)]
mod tests {
    //! Where nodes may go, for what they are told.

    use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

    use super::*;
    use crate::fixtures;

    /// The ports that `configs` open beside the peers'; empty for any.
    fn opened(configs: &[&str]) -> Option<Vec<String>> {
        let data =
            configs.iter().enumerate().map(|(at, text)| (at.to_string(), (*text).to_owned())).collect();
        let told = ConfigMap { data: Some(data), ..ConfigMap::default() };
        let rules = network_policy(&fixtures::validated("{}"), &told).spec.unwrap().egress.unwrap();
        let text = |port: NetworkPolicyPort| match port.port {
            Some(IntOrString::Int(number)) => format!("{number} {}", port.protocol.unwrap_or_default()),
            other => format!("{other:?}"),
        };
        assert_eq!(
            rules[0].ports.clone().map(|ports| ports.into_iter().map(text).collect::<Vec<_>>()),
            Some(vec!["42425 TCP".to_owned()])
        );
        let rule = rules.into_iter().nth(1)?;
        assert_eq!(rule.to, None);
        Some(rule.ports.into_iter().flatten().map(text).collect())
    }

    #[test]
    fn nodes_reach_the_engines_that_they_are_told_of() {
        let redis = |topology: &str| {
            format!(
                "backingStore: {{mode: writeBehind, redis: {{topology: {topology}, addresses: ['a:6390']}}}}"
            )
        };
        let (alone, cluster) = (redis("standalone"), redis("cluster"));
        let postgres = "backingStore: {mode: writeThrough, postgres: {host: db, usernameFile: u}}";
        let names = ["53 UDP", "53 TCP", "5353 UDP", "5353 TCP"];
        let and_names =
            |ports: &[&str]| Some([ports, &names].concat().into_iter().map(str::to_owned).collect());
        assert_eq!(opened(&["hotTier: 1GiB"]), None);
        assert_eq!(opened(&["hotTier: 1GiB", postgres]), and_names(&["5432 TCP"]));
        // While pods restart one after the other, some still have the former engine.
        assert_eq!(opened(&[postgres, &alone]), and_names(&["5432 TCP", "6390 TCP"]));
        assert_eq!(opened(&[postgres, &cluster]), Some(Vec::new()));
        assert_eq!(opened(&["of another release: {}", &alone]), and_names(&["6390 TCP"]));
    }
}
