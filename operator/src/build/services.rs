//! How nodes are reached: by applications through the ready ones, and each by its own name.

use cloakroom_crds::GatewayServiceType;
use k8s_openapi::{
    api::core::v1::{Service, ServicePort, ServiceSpec},
    apimachinery::pkg::util::intstr::IntOrString,
};

use super::metadata;
use crate::{labels, names, ports, validate::ValidatedCluster};

/// The one address of the cluster.
pub(super) fn clients(cluster: &ValidatedCluster) -> Service {
    Service {
        metadata: metadata(cluster, &cluster.name),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            selector: Some(labels::selector(&cluster.name)),
            ports: Some(state(cluster).collect()),
            ..ServiceSpec::default()
        }),
        status: None,
    }
}

/// For the nodes of other data centres; `None` without a data centre.
pub(super) fn gateway(cluster: &ValidatedCluster) -> Option<Service> {
    let gateway = &cluster.spec.data_centre.as_ref()?.gateway;
    let type_ = match gateway.service_type {
        GatewayServiceType::ClusterIP => "ClusterIP",
        GatewayServiceType::LoadBalancer => "LoadBalancer",
        GatewayServiceType::NodePort => "NodePort",
    };
    Some(Service {
        metadata: metadata(cluster, names::gateway(&cluster.name)),
        spec: Some(ServiceSpec {
            type_: Some(type_.to_owned()),
            selector: Some(labels::selector(&cluster.name)),
            ports: Some(vec![named(ports::GATEWAY, ports::GATEWAY_PORT)]),
            ..ServiceSpec::default()
        }),
        status: None,
    })
}

/// A name for each node, ready or not: whoever looks after a node must reach it most when it is not ready.
pub(super) fn peers(cluster: &ValidatedCluster) -> Service {
    let same = |number: u16| IntOrString::Int(i32::from(number));
    let own = [
        port(ports::PEERS, ports::PEERS_PORT, same(ports::PEERS_PORT)),
        port(ports::ADMIN, ports::ADMIN_PORT, same(ports::ADMIN_PORT)),
    ];
    Service {
        metadata: metadata(cluster, names::peer_service(&cluster.name)),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            cluster_ip: Some("None".to_owned()),
            publish_not_ready_addresses: Some(true),
            selector: Some(labels::selector(&cluster.name)),
            ports: Some(own.into_iter().chain(state(cluster)).collect()),
            ..ServiceSpec::default()
        }),
        status: None,
    }
}

/// Where clients connect.
fn state(cluster: &ValidatedCluster) -> impl Iterator<Item = ServicePort> {
    let tls = cluster.spec.state.tls.as_ref().map(|_| named(ports::STATE_TLS, ports::STATE_TLS_PORT));
    [named(ports::STATE, cluster.state_port)].into_iter().chain(tls)
}

/// The target is the pods' port of that name: while another number is being rolled out, every pod is reached at its own.
fn named(name: &str, number: u16) -> ServicePort {
    port(name, number, IntOrString::String(name.to_owned()))
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
