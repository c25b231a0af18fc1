//! The keys of the cookie that tells the client library where a session lives.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::{defaults, rules};

/// Keys that seal the cookie by which the client library finds the data centre of a session: a Secret `<name>-location` with
/// `keys.json`, for applications to mount. It is made and rotated by the operator; cookies of earlier keys still open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct LocationKeys {
    /// How long a key seals before the next one does, in hours or days, 1h to 365d. It opens for as long again.
    #[serde(default = "defaults::rotate_every")]
    #[schemars(length(max = 5))]
    #[x_kube(validation = rules::ROTATE_EVERY)]
    pub rotate_every: String,
    /// Another number than before makes a new key at once.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub rotation: i32,
    /// Name of a Secret of this namespace that has the keys and is kept by somebody else, such as a copy of another data
    /// centre's: cookies of one data centre then open in the other. None is made here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub secret_name: Option<String>,
}
