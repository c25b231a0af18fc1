//! Nodes by the cluster's ring in a file.
//!
//! It is looked at again and again instead of being watched: a mounted ConfigMap is replaced by moving symbolic
//! links, which notifications miss.

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cloakroom_ring::{Ring, TEXT_BYTES_MAX};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use super::follow::Look;
use super::newest::Newest;
use super::{DiscoveryError, Servers};

/// How often the file is looked at.
pub(super) const LOOK: Duration = Duration::from_secs(1);

pub(super) struct RingFile {
    path: PathBuf,
    newest: Newest,
    /// What was last taken up, so that the usual look costs no parsing.
    last: Option<(String, Arc<Servers>)>,
}

impl RingFile {
    pub(super) fn new(path: PathBuf, port: Option<u16>) -> Self {
        Self { path, newest: Newest::new(port), last: None }
    }
}

impl Look for RingFile {
    async fn look(&mut self) -> Result<Arc<Servers>, DiscoveryError> {
        let unreadable = |source| DiscoveryError::Unreadable { path: self.path.clone(), source };
        let text = read(&self.path).await.map_err(unreadable)?;
        if let Some((last, servers)) = &self.last
            && *last == text
        {
            return Ok(Arc::clone(servers));
        }
        let bad = |source| DiscoveryError::BadRing { from: self.path.display().to_string(), source };
        let ring = Ring::from_json(&text).map_err(bad)?;
        if self.newest.is_other(&ring) {
            // Nobody else writes this file: the cluster was made anew.
            tracing::warn!(file = %self.path.display(), cluster = ring.cluster, "the ring is another cluster's; following that one from now on");
            self.newest.forget();
        }
        let servers = self.newest.shown(ring)?;
        self.last = Some((text, Arc::clone(&servers)));
        Ok(servers)
    }
}

async fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    // One byte more than any ring has, so that a longer text is not taken for a shorter one.
    File::open(path).await?.take(TEXT_BYTES_MAX as u64 + 1).read_to_string(&mut text).await?;
    Ok(text)
}
