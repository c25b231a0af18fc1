//! The port for clients that speak TLS, as the nodes are told of it.

use std::net::{Ipv4Addr, SocketAddr};

use cloakroom_node_config as node;

use super::mounts::{Mounted, Place};
use crate::{ports, validate::ValidatedCluster};

const TLS: Place = Place { volume: "state-tls", dir: "/etc/cloakroom-state-tls" };

pub(super) fn secret(cluster: &ValidatedCluster) -> Option<Mounted> {
    cluster.spec.state.tls.as_ref().map(|tls| TLS.of(&tls.secret_name))
}

pub(super) fn settings(cluster: &ValidatedCluster) -> Option<node::StateTls> {
    let tls = cluster.spec.state.tls.as_ref()?;
    let node::PeerTls { cert_file, key_file, ca_file } = TLS.certificate();
    Some(node::StateTls {
        listen: SocketAddr::from((Ipv4Addr::UNSPECIFIED, ports::STATE_TLS_PORT)),
        cert_file,
        key_file,
        ca_file: tls.client_certificates.then_some(ca_file),
    })
}
