//! The programs that a cluster is made of, and the clients that people and tests use on it.
//!
//! Nothing is downloaded as a binary: each set is a Go module in `e2e/tools/`, whose `go.mod` names the
//! programs (its `tool` lines) and whose `go.sum` pins every source. A set is built once per machine, into
//! [`folders::cache`]. What Go does not build comes from Debian packages.

mod debian;
mod go;

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::folders;

pub(crate) use debian::{CNI_FOLDER, ensure_engine};
use go::{Set, forget_cache};

const KUBERNETES: Set = Set {
    // Charts and clients look at it.
    version: Some(("k8s.io/kubernetes", "k8s.io/component-base/version.gitVersion")),
    ..Set::new("kubernetes")
};
const ETCD: Set = Set { rename: Some(("server", "etcd")), ..Set::new("etcd") };
// Drivers that need C libraries or kernel modules which nothing here uses.
const CONTAINERD: Set = Set { tags: "no_btrfs,no_devmapper,no_zfs", ..Set::new("containerd") };
const COREDNS: Set = Set::new("coredns");
const HELM_3: Set = Set::new("helm3");
const HELM_4: Set = Set::new("helm4");

/// Where the built programs of each set lie.
#[derive(Clone, Debug)]
pub(crate) struct Tools {
    /// The servers, `kubelet`, `kube-proxy` and `kubectl`.
    pub kubernetes: PathBuf,
    /// `kube-apiserver`, which need not be the one that was built.
    pub api_server: PathBuf,
    /// `etcd`.
    pub etcd: PathBuf,
    /// `containerd`, `ctr` and the shim.
    pub containerd: PathBuf,
    /// `coredns`.
    pub coredns: PathBuf,
}

/// What is used on any cluster.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    /// The folder of `kubectl`; absent if it is looked up in PATH.
    pub kubectl: Option<PathBuf>,
    /// The folder of `helm`, version 3.
    pub helm_3: PathBuf,
    /// The folder of `helm`, version 4.
    pub helm_4: PathBuf,
}

impl Tools {
    /// Installs and builds what is missing.
    ///
    /// # Errors
    /// Something is missing still; the message says what to run.
    fn ensure() -> anyhow::Result<Self> {
        debian::ensure_cluster()?;
        let given = given_servers();
        let kubernetes = KUBERNETES.ensure()?;
        Ok(Self {
            api_server: given.clone().unwrap_or_else(|| kubernetes.clone()),
            kubernetes,
            etcd: given.map_or_else(|| ETCD.ensure(), Ok)?,
            containerd: CONTAINERD.ensure()?,
            coredns: COREDNS.ensure()?,
        })
    }
}

impl Clients {
    /// The clients of the local cluster.
    ///
    /// # Errors
    /// Something is missing still; the message says what to run.
    pub(crate) fn ensure_with_kubectl() -> anyhow::Result<Self> {
        Ok(Self { kubectl: Some(KUBERNETES.ensure()?), ..Self::ensure()? })
    }

    /// The clients alone: for a cluster that somebody else runs, with the `kubectl` that fits it.
    ///
    /// # Errors
    /// Something is missing still; the message says what to run.
    pub(crate) fn ensure() -> anyhow::Result<Self> {
        Ok(Self { kubectl: None, helm_3: HELM_3.ensure()?, helm_4: HELM_4.ensure()? })
    }

    /// The path of `kubectl`, or its bare name.
    pub(crate) fn kubectl(&self) -> PathBuf {
        self.kubectl.as_deref().map_or_else(|| "kubectl".into(), |folder| folder.join("kubectl"))
    }

    /// The folders for PATH, so that `kubectl` and `helm` (version 4) are found by name.
    pub(crate) fn folders(&self) -> impl Iterator<Item = &Path> {
        self.kubectl.iter().map(PathBuf::as_path).chain([self.helm_4.as_path()])
    }
}

/// Installs and builds what is missing, for the cluster and for those who use it, and removes what only building needed.
///
/// # Errors
/// Something is missing still; the message says what to run.
pub(crate) fn ensure_all() -> anyhow::Result<Tools> {
    let tools = Tools::ensure()?;
    Clients::ensure_with_kubectl()?;
    forget_cache()?;
    Ok(tools)
}

/// The folder of an `etcd` and a `kube-apiserver` that are there already, by the variable that tests of
/// controllers have agreed on.
fn given_servers() -> Option<PathBuf> {
    let folder = PathBuf::from(env::var_os("KUBEBUILDER_ASSETS")?);
    ["etcd", "kube-apiserver"].iter().all(|program| folder.join(program).is_file()).then_some(folder)
}

/// Where the sources of the sets lie.
fn sources() -> PathBuf {
    folders::checkout().join("e2e/tools")
}
