//! The cluster's branch in the machine's trees of control groups: the one thing that no namespace hides.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::names;

/// Makes the branch that the kubelet puts containers in.
pub(crate) fn make() -> anyhow::Result<()> {
    for branch in branches()? {
        fs::create_dir_all(&branch).with_context(|| format!("cannot make {}", branch.display()))?;
    }
    Ok(())
}

/// Removes the branch; its processes must have ended.
pub(crate) fn remove() -> anyhow::Result<()> {
    for branch in branches()? {
        remove_branch(&branch).with_context(|| format!("cannot remove {}", branch.display()))?;
    }
    Ok(())
}

/// One per tree: version 2 has one tree, version 1 one per controller.
fn branches() -> anyhow::Result<Vec<PathBuf>> {
    let top = Path::new("/sys/fs/cgroup");
    let is_tree = |folder: &Path| folder.join("cgroup.procs").exists();
    if is_tree(top) {
        return Ok(vec![top.join(names::CONTROL_GROUP)]);
    }
    let mut branches = Vec::new();
    for entry in fs::read_dir(top).context("cannot read the control groups")? {
        let tree = entry?.path();
        // Some controllers are mounted under two names.
        if is_tree(&tree) && !tree.is_symlink() {
            branches.push(tree.join(names::CONTROL_GROUP));
        }
    }
    Ok(branches)
}

/// The files in these folders cannot be removed, and need not be.
fn remove_branch(branch: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(branch) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_branch(&entry.path())?;
        }
    }
    fs::remove_dir(branch)
}
