//! Where applications connect and who may.

use k8s_openapi::api::networking::v1::NetworkPolicyPeer;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{defaults, rules};

/// Where applications connect. The protocol of ASP.NET knows neither passwords nor encryption, so there who reaches the port is
/// all the protection there is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// Port of the Service and of the nodes. A change restarts the nodes.
    #[serde(default = "defaults::state_port")]
    #[schemars(range(min = 1024, max = 65535))]
    #[x_kube(validation = rules::STATE_PORT_IS_FREE)]
    pub port: i32,
    /// A second port, 42443, for clients that speak TLS. A change restarts the nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<StateTls>,
    /// Who may connect to either port, as in a NetworkPolicy. Absent: every pod of this namespace. Empty: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = rules::PEERS_MAX))]
    #[x_kube(validation = rules::PEERS_NAME_SOMEBODY)]
    #[x_kube(validation = rules::PEERS_BY_ADDRESS_ALONE)]
    #[x_kube(validation = rules::PEERS_ADDRESSES)]
    pub allow_from: Option<Vec<NetworkPolicyPeer>>,
}

/// TLS for clients; ASP.NET's own speaks none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StateTls {
    /// Name of the Secret of this namespace with `tls.crt` and `tls.key`, which every node shows. A renewed certificate is taken
    /// up without a restart.
    #[schemars(length(min = 1, max = 253))]
    pub secret_name: String,
    /// Whether clients must show a certificate of an authority in the Secret's `ca.crt`.
    #[serde(default)]
    pub client_certificates: bool,
}
