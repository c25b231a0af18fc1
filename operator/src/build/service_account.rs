//! The nodes' identity: one without rights or credentials, so that the namespace's default one, which may have
//! both, is not theirs.

use k8s_openapi::api::core::v1::ServiceAccount;

use super::metadata;
use crate::validate::ValidatedCluster;

pub(super) fn service_account(cluster: &ValidatedCluster) -> ServiceAccount {
    ServiceAccount {
        metadata: metadata(cluster, &cluster.name),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    }
}
