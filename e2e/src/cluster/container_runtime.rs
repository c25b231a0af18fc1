//! containerd and its network plug-in: what runs the containers.

use std::{fs, path::Path};

use anyhow::Context as _;
use serde_json::json;

use super::{daemon::Daemon, names};
use crate::{
    image,
    sandbox::{STATE, TOOLS},
    tools::CNI_FOLDER,
};

pub(crate) const NAME: &str = "containerd";
/// containerd's default, inside the sandbox.
pub(crate) const SOCKET: &str = "/run/containerd/containerd.sock";

pub(crate) fn daemon() -> Daemon {
    Daemon::new(
        NAME,
        format!("{TOOLS}/containerd/containerd"),
        [format!("--config={STATE}/config/containerd.toml"), "--log-level=warn".to_owned()],
    )
}

pub(crate) fn write_config(state: &Path) -> anyhow::Result<()> {
    let folder = state.join("config/cni");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::write(folder.join("10-cloakroom.conflist"), format!("{:#}\n", network()))?;
    fs::write(state.join("config/containerd.toml"), containerd())?;
    Ok(())
}

/// Each pod gets a link of its own to the node, so that answers take the way that requests took; on a
/// shared bridge the answer of a Service's pod would bypass the rewriting of its address.
fn network() -> serde_json::Value {
    json!({
        "cniVersion": "1.0.0",
        "name": "cloakroom",
        "plugins": [{
            "type": "ptp",
            "ipam": {
                "type": "host-local",
                "ranges": [[{"subnet": names::POD_RANGE}]],
                "routes": [{"dst": "0.0.0.0/0"}],
            },
        }],
    })
}

fn containerd() -> String {
    let pause = image::PAUSE;
    // Without the capability SYS_RESOURCE nobody may lower a score below its own, and runc fails trying.
    format!(
        r#"version = 3

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "{pause}"

[plugins."io.containerd.cri.v1.runtime"]
restrict_oom_score_adj = true

[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["{CNI_FOLDER}"]
conf_dir = "{STATE}/config/cni"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
runtime_path = "{TOOLS}/containerd/containerd-shim-runc-v2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
SystemdCgroup = false
"#
    )
}
