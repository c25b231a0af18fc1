//! Where things lie on this machine: what is worth keeping, and what a running cluster holds.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use rustix::fs::statvfs;

/// What outlives a cluster and a checkout: built tools, and the lock that lets one process at a time
/// build or start something.
///
/// # Errors
/// There is no home folder to put it in.
pub(crate) fn cache() -> anyhow::Result<PathBuf> {
    let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    folder("CLOAKROOM_CACHE")
        .or_else(|| Some(folder("XDG_CACHE_HOME")?.join("cloakroom")))
        .or_else(|| Some(folder("HOME")?.join(".cache/cloakroom")))
        .context("no folder for the tools; set CLOAKROOM_CACHE to one")
}

/// What belongs to the running cluster and goes with it: keys, logs, data.
///
/// # Errors
/// See [`cache`].
pub(crate) fn state() -> anyhow::Result<PathBuf> {
    Ok(cache()?.join("cluster"))
}

/// What the state of a cluster with all its tests takes, and as much again, in bytes. A store that cannot write ends,
/// and all that waits for it fails minutes later for no visible reason.
const ROOM: u64 = 3 << 30;

/// Refuses a disk that the cluster would fill.
///
/// # Errors
/// It has too little room: the message says how much is needed.
pub(crate) fn ensure_room() -> anyhow::Result<()> {
    let cache = cache()?;
    fs::create_dir_all(&cache).with_context(|| format!("cannot make {}", cache.display()))?;
    let disk = statvfs(&cache).with_context(|| format!("cannot look at the disk of {}", cache.display()))?;
    let free = disk.f_bavail * disk.f_frsize;
    ensure!(
        free >= ROOM,
        "a local cluster needs {} MiB of disk and {} has {}: remove something there, or set CLOAKROOM_CACHE to a \
         folder on a larger disk",
        ROOM >> 20,
        cache.display(),
        free >> 20
    );
    Ok(())
}

/// The folder of the workspace.
pub fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate lies in a folder of the workspace")
}

/// Keeps a second process from building tools or starting a cluster at the same time; waits its turn.
///
/// # Errors
/// The cache folder cannot be written.
pub(crate) fn lock() -> anyhow::Result<fs::File> {
    let cache = cache()?;
    fs::create_dir_all(&cache).with_context(|| format!("cannot make {}", cache.display()))?;
    let path = cache.join("lock");
    let file = fs::File::create(&path).with_context(|| format!("cannot make {}", path.display()))?;
    file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(file)
}
