//! CoreDNS: the names of Services and pods. It runs on the node and not in a pod, so that it needs no image.

use std::{fs, path::Path};

use super::{daemon::Daemon, names, pki};
use crate::sandbox::{STATE, TOOLS};

pub(crate) const NAME: &str = "coredns";

pub(crate) fn daemon() -> Daemon {
    Daemon::new(NAME, format!("{TOOLS}/coredns/coredns"), [format!("-conf={STATE}/config/Corefile")])
}

pub(crate) fn write_config(state: &Path) -> anyhow::Result<()> {
    let (domain, address, administrator) = (names::DOMAIN, names::NODE_ADDRESS, pki::ADMINISTRATOR);
    let text = format!(
        ".:53 {{
    bind {address}
    errors
    kubernetes {domain} in-addr.arpa {{
        kubeconfig {administrator}
        ttl 5
    }}
}}
"
    );
    fs::create_dir_all(state.join("config"))?;
    fs::write(state.join("config/Corefile"), text)?;
    Ok(())
}
