//! Several SessionClusters as the data centres of one group: sessions that live in one of them and move to another when it is lost.

use k8s_openapi::api::networking::v1::NetworkPolicyPeer;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{SecretReference, rules};

/// What this SessionCluster is among the data centres that share its sessions. All of them use the same backing store. A change
/// here restarts the nodes, one after the other, unless it is one of who reaches the gateway.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct DataCentre {
    /// The group that shares sessions, the same in all its data centres: what is stored begins with it. If absent, namespace and
    /// name of this SessionCluster, as web/shop; write that of the first data centre in all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    #[x_kube(validation = rules::GROUP)]
    pub group: Option<String>,
    /// Its name among its peers, for people: west.
    #[schemars(length(max = 63))]
    #[x_kube(validation = rules::DATA_CENTRE_NAME)]
    pub name: String,
    /// Its number among its peers, by which stored sessions name it as their home. It can never change.
    #[schemars(range(min = 1, max = 127))]
    #[x_kube(validation = rules::NUMBER_IS_FOR_LIFE)]
    pub number: i32,
    /// Where the nodes of the other data centres reach the nodes of this one.
    pub gateway: Gateway,
    /// After how long a session that was swung away from a data centre goes back to it, counted from when that can be reached
    /// again, 1s to 168h: 10m. If absent, it stays where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 8))]
    #[x_kube(validation = rules::SWING_BACK_AFTER)]
    pub swing_back_after: Option<String>,
}

/// The way into a data centre for the nodes of the others: a Service `<name>-gateway` on port 42426.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Gateway {
    /// Secret of this namespace whose `key`, of 32 bytes or more, all data centres of the group share: by it they know each
    /// other. Make it once and copy it.
    pub key_secret: SecretReference,
    /// Secret of this namespace with `tls.crt`, `tls.key` and `ca.crt`, for TLS between the data centres. Without it sessions
    /// cross the network between them as they are. All data centres of a group have one, or none has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_secret: Option<SecretReference>,
    /// Type of the Service. One of the others, or a network that leads into this one, is needed where peers are in another
    /// Kubernetes.
    #[serde(default)]
    pub service_type: GatewayServiceType,
    /// Who may connect, as in a NetworkPolicy: the addresses of the peers' nodes, or of what forwards for them. Absent or empty:
    /// nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = rules::PEERS_MAX))]
    #[x_kube(validation = rules::PEERS_NAME_SOMEBODY)]
    #[x_kube(validation = rules::PEERS_BY_ADDRESS_ALONE)]
    #[x_kube(validation = rules::PEERS_ADDRESSES)]
    pub allow_from: Option<Vec<NetworkPolicyPeer>>,
}

/// Type of the gateway's Service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum GatewayServiceType {
    /// Reached from within this Kubernetes.
    #[default]
    ClusterIP,
    /// Reached at an address that a load balancer of the platform has.
    LoadBalancer,
    /// Reached at a port of every machine.
    NodePort,
}

/// Another data centre of the group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Peer {
    /// Its name, as its own dataCentre has it.
    #[schemars(length(max = 63))]
    #[x_kube(validation = rules::DATA_CENTRE_NAME)]
    pub name: String,
    /// Its number, as its own dataCentre has it.
    #[schemars(range(min = 1, max = 127))]
    pub number: i32,
    /// Host and port of its gateway: shop-gateway.web.svc:42426. A name is looked up again and again.
    #[schemars(length(max = 263))]
    #[x_kube(validation = rules::PEER_ADDRESS)]
    pub address: String,
}
