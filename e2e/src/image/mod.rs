//! The images that pods run: what the Dockerfile's final stages say, made without a container engine.
//!
//! The Dockerfile stays the one description. Its final stages are read, the programs that they copy are built
//! here by the command that its build stage runs, and the result is an archive as `docker save` writes it.

mod archive;
mod build;
mod dockerfile;
mod layer;
mod pause;

pub(crate) use build::name;

use crate::{
    command,
    progress::Step,
    sandbox::{Sandbox, TOOLS},
};

/// The image that holds a pod's namespaces.
pub(crate) const PAUSE: &str = "cloakroom-pause:1";

/// One image.
#[derive(Debug)]
pub(crate) struct Image {
    /// With its tag.
    pub(crate) name: String,
    /// As `docker save` writes it.
    archive: Vec<u8>,
}

/// All images of the checkout as it is now.
pub(crate) fn build_all() -> anyhow::Result<Vec<Image>> {
    let step = Step::begin_long("build the images' programs");
    let mut images = vec![pause::build()?];
    images.extend(build::from_dockerfile()?);
    step.done();
    Ok(images)
}

impl Image {
    /// Gives the image to the cluster's container runtime.
    pub(crate) fn import(&self, sandbox: &Sandbox) -> anyhow::Result<()> {
        let mut import = ctr(sandbox);
        command::output_of_input(import.args(["image", "import", "-"]), &self.archive).map(drop)
    }
}

/// Gives the image `name` the name `other` as well, whoever had it before.
pub(crate) fn tag(sandbox: &Sandbox, name: &str, other: &str) -> anyhow::Result<()> {
    // As archives name them when they are imported.
    let full = |name: &str| format!("docker.io/library/{name}");
    command::output(ctr(sandbox).args(["image", "tag", "--force", &full(name), &full(other)])).map(drop)
}

/// The names of the images that the runtime has; an error while it starts.
pub(crate) fn list(sandbox: &Sandbox) -> anyhow::Result<String> {
    command::output(ctr(sandbox).args(["image", "list", "-q"]))
}

fn ctr(sandbox: &Sandbox) -> std::process::Command {
    let mut ctr = sandbox.command(format!("{TOOLS}/containerd/ctr"));
    // The kubelet's images and containers are in this namespace of containerd's.
    ctr.arg("--namespace=k8s.io");
    ctr
}
