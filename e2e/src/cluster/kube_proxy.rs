//! kube-proxy: rewrites Service addresses to pod addresses, with nftables.

use super::{daemon::Daemon, names, pki};
use crate::sandbox::TOOLS;

pub(crate) const NAME: &str = "kube-proxy";

pub(crate) fn daemon() -> Daemon {
    Daemon::new(
        NAME,
        format!("{TOOLS}/kubernetes/kube-proxy"),
        [
            format!("--kubeconfig={}", pki::KUBE_PROXY),
            format!("--hostname-override={}", names::NODE),
            format!("--cluster-cidr={}", names::POD_RANGE),
            "--proxy-mode=nftables".to_owned(),
            // The limits of the machine's connection table are not ours to change.
            "--conntrack-max-per-core=0".to_owned(),
            "--conntrack-min=0".to_owned(),
            "--conntrack-tcp-timeout-established=0".to_owned(),
            "--conntrack-tcp-timeout-close-wait=0".to_owned(),
        ],
    )
}
