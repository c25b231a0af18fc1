//! What a cluster needs beside the Go programs: Debian packages.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{bail, ensure};

use crate::{command, engine::Flavour, progress::Step};

struct Package {
    name: &'static str,
    /// A file that it brings.
    has: &'static str,
}

const CLUSTER: &[Package] = &[
    Package { name: "runc", has: "runc" },
    Package { name: "containernetworking-plugins", has: "ptp" },
    // kube-proxy writes its rules with it.
    Package { name: "nftables", has: "nft" },
    // The kubelet marks packets for tools that look for its chains.
    Package { name: "iptables", has: "iptables" },
    Package { name: "iproute2", has: "ip" },
    // unshare, nsenter, setsid, setpriv
    Package { name: "util-linux", has: "nsenter" },
];

const REDIS: &[Package] = &[Package { name: "redis-server", has: "redis-server" }];
// The server itself is not on PATH.
const POSTGRES: &[Package] = &[Package { name: "postgresql", has: "pg_ctlcluster" }];

/// Where Debian puts CNI plug-ins; these are not on PATH.
pub(crate) const CNI_FOLDER: &str = "/usr/lib/cni";

/// Installs what a cluster needs if this is root, else says how.
pub(super) fn ensure_cluster() -> anyhow::Result<()> {
    ensure_installed("a local cluster", CLUSTER)
}

/// Installs an engine if this is root, else says how.
pub(crate) fn ensure_engine(flavour: Flavour) -> anyhow::Result<()> {
    match flavour {
        Flavour::Redis => ensure_installed("Redis beside the cluster", REDIS),
        Flavour::Postgres => ensure_installed("PostgreSQL beside the cluster", POSTGRES),
    }
}

fn ensure_installed(what: &str, wanted: &[Package]) -> anyhow::Result<()> {
    let packages = missing(wanted, present);
    if packages.is_empty() {
        return Ok(());
    }
    let install = format!("apt-get install {}", packages.join(" "));
    if !rustix::process::geteuid().is_root() {
        bail!("{what} needs {}; run `sudo {install}`", packages.join(", "));
    }
    let step = Step::begin(&install);
    for args in [vec!["update", "--quiet"], [&["install", "--yes", "--quiet"], packages.as_slice()].concat()]
    {
        command::output(Command::new("apt-get").args(&args).env("DEBIAN_FRONTEND", "noninteractive"))?;
    }
    let missing = missing(wanted, present);
    ensure!(missing.is_empty(), "{} are missing still; run `{install}`", missing.join(", "));
    step.done();
    Ok(())
}

fn missing(wanted: &[Package], present: impl Fn(&str) -> bool) -> Vec<&'static str> {
    wanted.iter().filter(|package| !present(package.has)).map(|package| package.name).collect()
}

fn present(file: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from(CNI_FOLDER)])
        .any(|folder| Path::new(&folder).join(file).is_file())
}

#[cfg(test)]
mod tests {
    //! What is missing when.

    use super::{CLUSTER, missing};

    #[test]
    fn only_what_is_absent_is_missing() {
        assert_eq!(missing(CLUSTER, |_| true), [""; 0]);
        assert_eq!(missing(CLUSTER, |file| file != "nft"), ["nftables"]);
    }
}
