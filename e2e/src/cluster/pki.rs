//! Which key lies where, and who it is for.

use std::{fs, os::unix::fs::chown, path::Path};

use anyhow::Context as _;

use super::{
    certificates::{Authority, token_keys, write_secret},
    kubeconfig, names,
};

/// A certificate and its key, by the path inside the sandbox without its ending.
pub(crate) struct Files(&'static str);

impl Files {
    pub(crate) fn certificate(&self) -> String {
        format!("{}.crt", self.0)
    }

    pub(crate) fn key(&self) -> String {
        format!("{}.key", self.0)
    }
}

/// A macro, as `concat!` takes no constants.
macro_rules! inside {
    ($name:literal) => {
        concat!("/run/cloakroom/state/pki/", $name)
    };
}

pub(crate) const AUTHORITY: &str = inside!("authority.crt");
pub(crate) const TOKEN_KEY: &str = inside!("tokens.key");
pub(crate) const TOKEN_PUBLIC_KEY: &str = inside!("tokens.pub");
pub(crate) const API_SERVER: Files = Files(inside!("kube-apiserver"));
pub(crate) const KUBELET_CLIENT: Files = Files(inside!("kubelet-client"));

pub(crate) const CONTROLLER_MANAGER: &str = inside!("kube-controller-manager.kubeconfig");
pub(crate) const SCHEDULER: &str = inside!("kube-scheduler.kubeconfig");
pub(crate) const KUBELET: &str = inside!("kubelet.kubeconfig");
pub(crate) const KUBE_PROXY: &str = inside!("kube-proxy.kubeconfig");
/// The kubeconfig of people and tests: it may do everything.
pub(crate) const ADMINISTRATOR: &str = inside!("administrator.kubeconfig");

/// Makes all keys anew.
pub(crate) fn write(state: &Path) -> anyhow::Result<()> {
    let folder = state.join("pki");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let here = |inside: &str| folder.join(Path::new(inside).file_name().expect("each names a file"));

    let authority = Authority::new()?;
    fs::write(here(AUTHORITY), authority.certificate())?;
    let (private, public) = token_keys()?;
    write_secret(&here(TOKEN_KEY), &private)?;
    fs::write(here(TOKEN_PUBLIC_KEY), public)?;

    let administrators = Some("system:masters");
    for (files, pair) in [
        (API_SERVER, authority.api_server()?),
        (KUBELET_CLIENT, authority.client("kube-apiserver", administrators)?),
    ] {
        fs::write(here(&files.certificate()), pair.certificate)?;
        write_secret(&here(&files.key()), &pair.key)?;
    }
    let kubelet = format!("system:node:{}", names::NODE);
    for (file, user, group) in [
        (CONTROLLER_MANAGER, "system:kube-controller-manager", None),
        (SCHEDULER, "system:kube-scheduler", None),
        (KUBELET, kubelet.as_str(), administrators),
        (KUBE_PROXY, "system:kube-proxy", None),
        (ADMINISTRATOR, "administrator", administrators),
    ] {
        let config = kubeconfig::render(&authority.certificate(), &authority.client(user, group)?);
        write_secret(&here(file), &config)?;
    }
    for file in [CONTROLLER_MANAGER, TOKEN_KEY] {
        chown(here(file), Some(names::POD_USER), Some(names::POD_USER))
            .with_context(|| format!("cannot hand over {file}"))?;
    }
    Ok(())
}
