//! A secret that several nodes share, from its file.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, ensure};

/// A shared secret is not read beyond this.
const KEY_BYTES_MAX: usize = 4096;

/// What the file holds, without the line's end.
///
/// # Errors
/// It cannot be read, or is too short to be a secret.
pub(crate) fn read(path: &Path) -> anyhow::Result<Arc<[u8]>> {
    let unreadable = || format!("cannot read the key that peers share from {}", path.display());
    let key = std::fs::read(path).with_context(unreadable)?;
    // Editors end files with a line feed.
    let key = key.trim_ascii_end();
    ensure!(
        (16..=KEY_BYTES_MAX).contains(&key.len()),
        "the key in {} has {} bytes; write 16 to {KEY_BYTES_MAX} random ones, the same for all nodes",
        path.display(),
        key.len()
    );
    Ok(key.into())
}
