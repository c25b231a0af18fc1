//! kube-controller-manager: StatefulSets, endpoints, volumes, garbage collection and the rest.
//!
//! It also provisions volumes, as folders on the node that belong to the user it runs as and that nobody else
//! may write. Volumes on the node take no notice of a pod's `fsGroup`; so it runs as the user of our pods.

use super::{daemon::Daemon, names, pki};
use crate::sandbox::TOOLS;

pub(crate) const NAME: &str = "kube-controller-manager";

pub(crate) fn daemon() -> Daemon {
    Daemon::new(
        NAME,
        format!("{TOOLS}/kubernetes/kube-controller-manager"),
        [
            format!("--kubeconfig={}", pki::CONTROLLER_MANAGER),
            "--leader-elect=false".to_owned(),
            // Each controller asks for a token of its own at the start; at the usual pace that takes seconds.
            "--kube-api-qps=200".to_owned(),
            "--kube-api-burst=400".to_owned(),
            "--use-service-account-credentials".to_owned(),
            format!("--root-ca-file={}", pki::AUTHORITY),
            format!("--service-account-private-key-file={}", pki::TOKEN_KEY),
            "--enable-hostpath-provisioner".to_owned(),
        ],
    )
    .with_user(names::POD_USER)
}
