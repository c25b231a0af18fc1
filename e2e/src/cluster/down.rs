//! Removing a cluster and every trace of it, whether it runs, died, or was never finished.

use std::{fs, io, path::Path};

use anyhow::Context as _;

use super::control_groups;
use crate::sandbox::Sandbox;

/// Ends the cluster of this state folder; one that is gone already is no error.
pub(crate) async fn remove(state: &Path) -> anyhow::Result<()> {
    if let Some(sandbox) = Sandbox::running(state)? {
        sandbox.end().await?;
    }
    control_groups::remove()?;
    match fs::remove_dir_all(state) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", state.display()))
        }
        _ => Ok(()),
    }
}
