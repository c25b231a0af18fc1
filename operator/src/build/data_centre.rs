//! The data centre as the nodes are told of it: its group, its gateway, its peers, and which files hold the keys.

use std::net::{Ipv4Addr, SocketAddr};

use cloakroom_crds::Peer;
use cloakroom_node_config as node;

use super::{
    backing_store::port_of,
    mounts::{Mounted, Place},
};
use crate::{peer_key, ports, validate::ValidatedCluster};

const KEY: Place = Place { volume: "gateway-key", dir: "/etc/cloakroom-gateway-key" };
const TLS: Place = Place { volume: "gateway-tls", dir: "/etc/cloakroom-gateway-tls" };

/// The Secrets that `cluster` names for its gateway.
pub(super) fn secrets(cluster: &ValidatedCluster) -> Vec<Mounted> {
    let Some(data_centre) = &cluster.spec.data_centre else { return Vec::new() };
    let gateway = &data_centre.gateway;
    let tls = gateway.tls_secret.as_ref().map(|secret| TLS.of(&secret.name));
    [KEY.of(&gateway.key_secret.name)].into_iter().chain(tls).collect()
}

/// What the nodes of `cluster` are told. A number that the API server should have refused becomes one that the nodes refuse.
pub(super) fn settings(cluster: &ValidatedCluster) -> Option<node::DataCentre> {
    let data_centre = cluster.spec.data_centre.as_ref()?;
    let number = |number: i32| u8::try_from(number).unwrap_or_default();
    let peer = |peer: &Peer| node::DataCentrePeer {
        name: peer.name.clone(),
        number: number(peer.number),
        address: peer.address.clone(),
    };
    Some(node::DataCentre {
        group: cluster.group.clone(),
        name: data_centre.name.clone(),
        number: number(data_centre.number),
        gateway_listen: SocketAddr::from((Ipv4Addr::UNSPECIFIED, ports::GATEWAY_PORT)),
        gateway_key_file: Some(KEY.file(peer_key::FILE)),
        gateway_tls: data_centre.gateway.tls_secret.as_ref().map(|_| TLS.certificate()),
        swing_back_after: cluster.swing_back_after,
        peers: cluster.spec.peers.iter().map(peer).collect(),
    })
}

/// The ports at which nodes reach their peers: those of the addresses, and that of the pods behind a Service at such an address,
/// which is what a policy judges where both are in one Kubernetes.
pub(super) fn ports(data_centre: &node::DataCentre) -> Vec<u16> {
    let named = data_centre.peers.iter().filter_map(|peer| port_of(&peer.address));
    let own = (!data_centre.peers.is_empty()).then_some(ports::GATEWAY_PORT);
    named.chain(own).collect()
}

#[cfg(test)]
mod tests {
    //! What nodes are told is what they accept.

    use std::{path::PathBuf, time::Duration};

    use super::{ports, secrets, settings};
    use crate::{build::node_config, fixtures};

    const THROUGH: &str = "backingStore: {mode: WriteThrough, redis: {addresses: ['a:1']}}";

    /// What nodes of a cluster are told whose dataCentre has this beside name and number, and these peers.
    fn told(more: &str, peers: &str) -> cloakroom_node_config::DataCentre {
        let data_centre = format!("dataCentre: {{name: west, number: 1, {more}}}");
        let cluster = fixtures::validated(&format!("{{{THROUGH}, {data_centre}, peers: [{peers}]}}"));
        assert_eq!(node_config::settings(&cluster).validate(), Ok(()), "{more}");
        let told = settings(&cluster).unwrap();
        let mounted: Vec<String> = secrets(&cluster)
            .iter()
            .map(|mounted| format!("{}={}", mounted.place.dir, mounted.secret))
            .collect();
        let tls = told.gateway_tls.as_ref().map(|tls| tls.ca_file.clone());
        let files = [told.gateway_key_file.clone(), tls].into_iter().flatten();
        let dirs: Vec<String> =
            files.map(|file: PathBuf| file.parent().unwrap().display().to_string()).collect();
        let same = mounted.iter().map(|mounted| mounted.split('=').next().unwrap().to_owned());
        assert_eq!(dirs, same.collect::<Vec<_>>(), "each file that is named is mounted, and no other");
        told
    }

    #[test]
    fn a_group_is_named_after_its_first_cluster() {
        assert_eq!(told("gateway: {keySecret: {name: a}}", "").group, "web/shop");
        assert_eq!(told("group: other/till, gateway: {keySecret: {name: a}}", "").group, "other/till");
    }

    #[test]
    fn a_gateway_has_its_own_secrets() {
        let told = told("gateway: {keySecret: {name: a}, tlsSecret: {name: b}}, swingBackAfter: 10m", "");
        assert_eq!(told.swing_back_after, Some(Duration::from_secs(600)));
        assert!(ports(&told).is_empty(), "without peers nobody is reached");
    }

    #[test]
    fn peers_are_reached_at_their_ports_and_behind_them() {
        let peers = "{name: east, number: 2, address: 'east:443'}, {name: north, number: 127, address: '[fd00::7]:42426'}";
        let told = told("gateway: {keySecret: {name: a}}", peers);
        assert_eq!(ports(&told), [443, 42_426, 42_426]);
        assert_eq!(told.peers[1].number, 127);
    }
}
