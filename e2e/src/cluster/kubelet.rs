//! kubelet: runs the pods of its node, asks their probes, mounts their volumes.

use std::{fs, path::Path};

use serde_json::json;

use super::{container_runtime, daemon::Daemon, names, pki};
use crate::sandbox::{STATE, TOOLS};

pub(crate) const NAME: &str = "kubelet";

pub(crate) fn daemon() -> Daemon {
    Daemon::new(
        NAME,
        format!("{TOOLS}/kubernetes/kubelet"),
        [
            format!("--config={STATE}/config/kubelet.json"),
            format!("--kubeconfig={}", pki::KUBELET),
            format!("--hostname-override={}", names::NODE),
            format!("--node-ip={}", names::NODE_ADDRESS),
        ],
    )
}

pub(crate) fn write_config(state: &Path) -> anyhow::Result<()> {
    let config = state.join("config");
    fs::create_dir_all(&config)?;
    // What pods inherit; there is no other name server than the cluster's.
    fs::write(config.join("resolv.conf"), format!("nameserver {}\n", names::NODE_ADDRESS))?;
    fs::write(config.join("kubelet.json"), format!("{:#}\n", kubelet()))?;
    Ok(())
}

fn kubelet() -> serde_json::Value {
    json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "x509": {"clientCAFile": pki::AUTHORITY},
            "webhook": {"enabled": true},
            "anonymous": {"enabled": false},
        },
        "authorization": {"mode": "Webhook"},
        "containerRuntimeEndpoint": format!("unix://{}", container_runtime::SOCKET),
        "clusterDNS": [names::NODE_ADDRESS],
        "clusterDomain": names::DOMAIN,
        "resolvConf": format!("{STATE}/config/resolv.conf"),
        // The machine may be old, may swap, and its control groups are no business of the kubelet's.
        "failCgroupV1": false,
        "failSwapOn": false,
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": format!("/{}", names::CONTROL_GROUP),
        "enforceNodeAllocatable": [],
        "localStorageCapacityIsolation": false,
        // Tests kill the same container again and again.
        "crashLoopBackOff": {"maxContainerRestartPeriod": "1s"},
        // Images cannot be fetched again, and a full disk is the machine's business: nothing is cleaned up.
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "evictionHard": {
            "memory.available": "0%",
            "nodefs.available": "0%",
            "nodefs.inodesFree": "0%",
            "imagefs.available": "0%",
            "imagefs.inodesFree": "0%",
        },
    })
}
