//! Who reaches the nodes. The state protocol knows neither passwords nor encryption, so this is the lock on the
//! door.

use std::collections::BTreeSet;

use cloakroom_node_config::NodeConfig;
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

use super::{backing_store, data_centre, metadata};
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
            ingress: Some(
                state(cluster)
                    .into_iter()
                    .chain([peers(cluster), admin(cluster)])
                    .chain(gateway(cluster))
                    .collect(),
            ),
            // Nodes open connections to each other, to the backing store, to other data centres, and to nobody else.
            egress: Some([to_peers(cluster)].into_iter().chain(outward(told)).collect()),
        }),
    }
}

fn to_peers(cluster: &ValidatedCluster) -> NetworkPolicyEgressRule {
    NetworkPolicyEgressRule { to: Some(own_nodes(cluster)), ports: Some(vec![port(peer_port())]) }
}

/// To whatever backing store and data centres pods are `told` of, also those that have yet to restart for others. To any address:
/// a policy knows no host names, and an engine's addresses change with its failover. Who must not be reached from here is for a
/// policy of its own.
fn outward(told: &ConfigMap) -> Option<NetworkPolicyEgressRule> {
    let texts = told.data.iter().flatten().map(|(_, text)| text);
    let configs: Vec<NodeConfig> = texts.filter_map(|text| NodeConfig::from_yaml(text).ok()).collect();
    let engines = configs.iter().filter_map(|config| config.backing_store.as_ref()).map(backing_store::ports);
    let data_centres =
        configs.iter().filter_map(|config| config.data_centre.as_ref()).map(data_centre::ports);
    let Some(reached) = engines.chain(data_centres.map(Some)).collect::<Option<Vec<_>>>() else {
        return Some(NetworkPolicyEgressRule::default());
    };
    let reached: BTreeSet<u16> = reached.into_iter().flatten().collect();
    if reached.is_empty() {
        return None;
    }
    let by_number = |number: u16| port(IntOrString::Int(i32::from(number)));
    let names = NAME_SERVICE.map(|(number, protocol)| NetworkPolicyPort {
        protocol: Some(protocol.to_owned()),
        ..by_number(number)
    });
    let ports = reached.into_iter().map(by_number).chain(names).collect();
    Some(NetworkPolicyEgressRule { to: None, ports: Some(ports) })
}

/// `None` for nobody: a rule without peers would admit everybody.
fn state(cluster: &ValidatedCluster) -> Option<NetworkPolicyIngressRule> {
    let own_namespace =
        || vec![NetworkPolicyPeer { pod_selector: Some(LabelSelector::default()), ..Default::default() }];
    let from = cluster.spec.state.allow_from.clone().unwrap_or_else(own_namespace);
    let tls = cluster.spec.state.tls.as_ref().map(|_| named(ports::STATE_TLS));
    (!from.is_empty()).then(|| rule([named(ports::STATE)].into_iter().chain(tls), from))
}

/// Nobody but who is named: where peers come from cannot be known here, and whoever reaches a gateway may try its key.
fn gateway(cluster: &ValidatedCluster) -> Option<NetworkPolicyIngressRule> {
    let from = cluster.spec.data_centre.as_ref()?.gateway.allow_from.clone().unwrap_or_default();
    (!from.is_empty()).then(|| rule([named(ports::GATEWAY)], from))
}

fn peers(cluster: &ValidatedCluster) -> NetworkPolicyIngressRule {
    rule([peer_port()], own_nodes(cluster))
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
    rule([named(ports::ADMIN)], from)
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

fn rule(to: impl IntoIterator<Item = IntOrString>, from: Vec<NetworkPolicyPeer>) -> NetworkPolicyIngressRule {
    NetworkPolicyIngressRule { from: Some(from), ports: Some(to.into_iter().map(port).collect()) }
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
    fn nodes_reach_the_data_centres_that_they_are_told_of() {
        let postgres = "backingStore: {mode: writeThrough, postgres: {host: db, usernameFile: u}}";
        let with = |peers: &str| {
            format!("{postgres}\ndataCentre: {{group: g, name: w, number: 1, peers: [{peers}]}}")
        };
        let east = with("{name: e, number: 2, address: 'e:443'}");
        assert_eq!(
            opened(&[&east]).unwrap()[..3],
            ["443 TCP".to_owned(), "5432 TCP".to_owned(), "42426 TCP".to_owned()]
        );
        assert_eq!(opened(&[&with("")]), opened(&[postgres]), "without peers there is nobody to reach");
        assert_eq!(opened(&[postgres, &east]), opened(&[&east]), "while pods restart one after the other");
    }

    /// The ports that strangers reach, and how many of them.
    fn admitted(spec: &str) -> Vec<(String, usize)> {
        let told = ConfigMap::default();
        let rules = network_policy(&fixtures::validated(spec), &told).spec.unwrap().ingress.unwrap();
        let one = |rule: NetworkPolicyIngressRule| {
            let ports: Vec<String> =
                rule.ports.unwrap().into_iter().map(|port| format!("{:?}", port.port)).collect();
            (ports.join(" "), rule.from.unwrap().len())
        };
        rules
            .into_iter()
            .map(one)
            .filter(|(ports, _)| ports.contains("state") || ports.contains("gateway"))
            .collect()
    }

    #[test]
    fn a_gateway_admits_nobody_but_who_is_named() {
        let cluster = |gateway: &str| {
            format!(
                "{{backingStore: {{mode: WriteThrough, redis: {{addresses: ['a:1']}}}}, \
                 dataCentre: {{name: w, number: 1, gateway: {{keySecret: {{name: k}}{gateway}}}}}}}"
            )
        };
        let state = (r#"Some(String("state"))"#.to_owned(), 1);
        assert_eq!(admitted(&cluster("")), std::slice::from_ref(&state));
        assert_eq!(admitted(&cluster(", allowFrom: []")), std::slice::from_ref(&state));
        let peers = ", allowFrom: [{ipBlock: {cidr: 10.0.0.0/8}}, {ipBlock: {cidr: 10.1.0.0/16}}]";
        assert_eq!(admitted(&cluster(peers)), [state, (r#"Some(String("gateway"))"#.to_owned(), 2)]);
    }

    #[test]
    fn who_may_connect_may_do_so_with_tls() {
        let both = r#"Some(String("state")) Some(String("state-tls"))"#.to_owned();
        assert_eq!(admitted("{state: {tls: {secretName: a}}}"), [(both, 1)]);
        assert!(admitted("{state: {tls: {secretName: a}, allowFrom: []}}").is_empty());
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
