//! How nodes are reached: by applications through the ready ones, and each by its own name.

use k8s_openapi::{
    api::core::v1::{Service, ServicePort, ServiceSpec},
    apimachinery::pkg::util::intstr::IntOrString,
};

use super::metadata;
use crate::{labels, names, ports, validate::ValidatedCluster};

/// The one address of the cluster. The target is the pods' port by name: while a new port is being rolled out,
/// every pod is reached at its own.
pub(super) fn clients(cluster: &ValidatedCluster) -> Service {
    let target = IntOrString::String(ports::STATE.to_owned());
    Service {
        metadata: metadata(cluster, &cluster.name),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            selector: Some(labels::selector(&cluster.name)),
            ports: Some(vec![port(ports::STATE, cluster.state_port, target)]),
            ..ServiceSpec::default()
        }),
        status: None,
    }
}

/// A name for each node, ready or not: whoever looks after a node must reach it most when it is not ready.
pub(super) fn peers(cluster: &ValidatedCluster) -> Service {
    let same = |number: u16| IntOrString::Int(i32::from(number));
    Service {
        metadata: metadata(cluster, names::peer_service(&cluster.name)),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            cluster_ip: Some("None".to_owned()),
            publish_not_ready_addresses: Some(true),
            selector: Some(labels::selector(&cluster.name)),
            ports: Some(vec![
                port(ports::PEERS, ports::PEERS_PORT, same(ports::PEERS_PORT)),
                port(ports::ADMIN, ports::ADMIN_PORT, same(ports::ADMIN_PORT)),
            ]),
            ..ServiceSpec::default()
        }),
        status: None,
    }
}

fn port(name: &str, number: u16, target: IntOrString) -> ServicePort {
    ServicePort {
        name: Some(name.to_owned()),
        port: i32::from(number),
        protocol: Some("TCP".to_owned()),
        target_port: Some(target),
        ..ServicePort::default()
    }
}
