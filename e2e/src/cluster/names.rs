//! Names, addresses and ports of the cluster. The addresses exist inside its network namespace alone, so they
//! cannot clash with anybody's.

use std::net::Ipv4Addr;

/// The one node.
pub(crate) const NODE: &str = "node-1";
pub(crate) const NODE_ADDRESS: Ipv4Addr = Ipv4Addr::new(172, 30, 0, 1);
/// Pods of that node.
pub(crate) const POD_RANGE: &str = "10.244.0.0/24";
pub(crate) const SERVICE_RANGE: &str = "10.96.0.0/16";
/// The first address of the range, which the API server takes for itself.
pub(crate) const API_SERVICE_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 96, 0, 1);
pub(crate) const API_PORT: u16 = 6443;
pub(crate) const ETCD_PORT: u16 = 2379;
pub(crate) const DOMAIN: &str = "cluster.local";

/// Where the cluster's containers are in the machine's tree of control groups.
pub(crate) const CONTROL_GROUP: &str = "cloakroom";

/// The user that our pods run as. Volumes belong to it.
pub(crate) const POD_USER: u32 = 65_532;

/// The API server as clients on the cluster's network reach it.
pub(crate) fn api_url() -> String {
    format!("https://{NODE_ADDRESS}:{API_PORT}")
}
