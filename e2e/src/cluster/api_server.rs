//! kube-apiserver: everything else talks to it alone.

use super::{daemon::Daemon, names, pki};
use crate::sandbox::TOOLS;

pub(crate) const NAME: &str = "kube-apiserver";

pub(crate) fn daemon() -> Daemon {
    Daemon::new(
        NAME,
        format!("{TOOLS}/api-server/kube-apiserver"),
        [
            format!("--etcd-servers=http://127.0.0.1:{}", names::ETCD_PORT),
            format!("--advertise-address={}", names::NODE_ADDRESS),
            format!("--secure-port={}", names::API_PORT),
            format!("--service-cluster-ip-range={}", names::SERVICE_RANGE),
            // Not `Node`, which hears of a new pod later than its kubelet does: the kubelet is refused the pod's
            // volumes now and then, and asks again after a quarter of a minute.
            "--authorization-mode=RBAC".to_owned(),
            format!("--client-ca-file={}", pki::AUTHORITY),
            format!("--tls-cert-file={}", pki::API_SERVER.certificate()),
            format!("--tls-private-key-file={}", pki::API_SERVER.key()),
            format!("--kubelet-client-certificate={}", pki::KUBELET_CLIENT.certificate()),
            format!("--kubelet-client-key={}", pki::KUBELET_CLIENT.key()),
            // The node's name is in no DNS that the API server could ask.
            "--kubelet-preferred-address-types=InternalIP".to_owned(),
            format!("--service-account-issuer=https://kubernetes.default.svc.{}", names::DOMAIN),
            format!("--service-account-key-file={}", pki::TOKEN_PUBLIC_KEY),
            format!("--service-account-signing-key-file={}", pki::TOKEN_KEY),
        ],
    )
}
