//! Where applications connect and who may.

use k8s_openapi::api::networking::v1::NetworkPolicyPeer;
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::{defaults, rules};

/// The state port. Its protocol knows neither passwords nor encryption, so who reaches it is all the protection there is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// Port of the Service and of the nodes. A change restarts the nodes.
    #[serde(default = "defaults::state_port")]
    #[schemars(range(min = 1024, max = 65535))]
    #[x_kube(validation = rules::STATE_PORT_IS_FREE)]
    pub port: i32,
    /// Who may connect, as in a NetworkPolicy. Absent: every pod of this namespace. Empty: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = rules::PEERS_MAX))]
    #[x_kube(validation = rules::PEERS_NAME_SOMEBODY)]
    #[x_kube(validation = rules::PEERS_BY_ADDRESS_ALONE)]
    #[x_kube(validation = rules::PEERS_ADDRESSES)]
    pub allow_from: Option<Vec<NetworkPolicyPeer>>,
}
