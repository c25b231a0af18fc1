//! kube-scheduler: which node a pod runs on.

use super::{daemon::Daemon, pki};
use crate::sandbox::TOOLS;

pub(crate) const NAME: &str = "kube-scheduler";

pub(crate) fn daemon() -> Daemon {
    Daemon::new(
        NAME,
        format!("{TOOLS}/kubernetes/kube-scheduler"),
        [format!("--kubeconfig={}", pki::SCHEDULER), "--leader-elect=false".to_owned()],
    )
}
