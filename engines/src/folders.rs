//! Where programs that were fetched once are kept.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

/// What outlives a checkout: the folder that the local cluster keeps its tools in as well.
///
/// # Errors
/// There is no home folder to put it in.
pub(crate) fn tools() -> anyhow::Result<PathBuf> {
    let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = folder("CLOAKROOM_CACHE")
        .or_else(|| Some(folder("XDG_CACHE_HOME")?.join("cloakroom")))
        .or_else(|| Some(folder("HOME")?.join(".cache/cloakroom")))
        .context("no folder for the tools; set CLOAKROOM_CACHE to one")?;
    Ok(cache.join("tools"))
}

/// Keeps a second process from fetching the same into `folder`; waits its turn.
///
/// # Errors
/// The folder cannot be written.
pub(crate) fn lock(folder: &Path) -> anyhow::Result<fs::File> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let path = folder.join("engines.lock");
    let file = fs::File::create(&path).with_context(|| format!("cannot make {}", path.display()))?;
    file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(file)
}
