//! Names of the objects of one cluster. StatefulSet, client Service, PodDisruptionBudget, NetworkPolicy and
//! ServiceAccount have the cluster's own name.

use cloakroom_crds::SessionCluster;
use kube::ResourceExt as _;

/// The volume claim template.
pub const DATA_CLAIM: &str = "data";

/// The node's container in its pod.
pub const CONTAINER: &str = "node";

const RING: &str = "-ring";

/// The headless Service.
#[must_use]
pub fn peer_service(cluster: &str) -> String {
    format!("{cluster}-peers")
}

/// The Secret with the key that the nodes share.
#[must_use]
pub fn peer_key(cluster: &str) -> String {
    format!("{cluster}-peers")
}

/// The Service that other data centres connect to.
#[must_use]
pub fn gateway(cluster: &str) -> String {
    format!("{cluster}-gateway")
}

/// The Secret with the keys of the location cookie.
#[must_use]
pub fn location_keys(cluster: &str) -> String {
    format!("{cluster}-location")
}

/// What the sessions of a cluster are stored as: that of its data centre if it says so, else its own namespace and name.
#[must_use]
pub fn group(cluster: &SessionCluster) -> String {
    let said = cluster.spec.data_centre.as_ref().and_then(|data_centre| data_centre.group.clone());
    said.unwrap_or_else(|| own_group(cluster))
}

/// What the sessions of a cluster are stored as that is no data centre.
#[must_use]
pub fn own_group(cluster: &SessionCluster) -> String {
    format!("{}/{}", cluster.namespace().unwrap_or_default(), cluster.name_any())
}

/// The ConfigMap that nodes read their configuration from.
#[must_use]
pub fn node_config(cluster: &str) -> String {
    format!("{cluster}-node")
}

/// The ConfigMap that publishes the members and the healthy endpoints.
#[must_use]
pub fn ring(cluster: &str) -> String {
    format!("{cluster}{RING}")
}

/// Whether a ConfigMap of a cluster is its [`ring`].
#[must_use]
pub fn is_ring(config_map: &str) -> bool {
    config_map.ends_with(RING)
}

/// The claim that the StatefulSet makes for a pod.
#[must_use]
pub fn claim(pod: &str) -> String {
    format!("{DATA_CLAIM}-{pod}")
}

/// The number of a pod of the cluster's StatefulSet; `None` for any other name.
#[must_use]
pub fn ordinal(cluster: &str, pod: &str) -> Option<u32> {
    let digits = pod.strip_prefix(cluster)?.strip_prefix('-')?;
    let number: u32 = digits.parse().ok()?;
    // `+1` and `01` parse, and no StatefulSet writes them.
    (number.to_string() == digits).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_a_stateful_set_writes_have_an_ordinal() {
        for (pod, expected) in [
            ("shop-0", Some(0)),
            ("shop-12", Some(12)),
            ("shop-01", None),
            ("shop-+1", None),
            ("shop-a", None),
            ("shop-", None),
            ("shop", None),
            ("shop2-0", None),
            ("other-shop-0", None),
        ] {
            assert_eq!(ordinal("shop", pod), expected, "{pod}");
        }
    }
}
