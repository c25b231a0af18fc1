//! The image that holds a pod's namespaces: one program that waits.

use std::{fs, process::Command};

use serde_json::json;

use super::{
    Image, PAUSE, archive,
    layer::{self, Entry},
};
use crate::{command, folders};

pub(super) fn build() -> anyhow::Result<Image> {
    let folder = tempfile::tempdir()?;
    let program = folder.path().join("pause");
    let mut compile = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    // In the checkout, so that its compiler version is the one that runs.
    compile.current_dir(folders::checkout());
    compile.args(["--edition=2024", "-Copt-level=s", "-Cpanic=abort", "-Cstrip=symbols"]);
    // There are no libraries in the image.
    compile.args(["-Ctarget-feature=+crt-static", "e2e/pause.rs", "-o"]).arg(&program);
    command::output(&mut compile)?;

    let entries = [("pause".into(), Entry::Program(fs::read(&program)?))].into();
    let config = json!({"User": "65535:65535", "Entrypoint": ["/pause"]});
    Ok(Image { name: PAUSE.to_owned(), archive: archive::save(PAUSE, &config, &layer::tar(&entries)?)? })
}
