//! The one layer of an image: a tar with nothing in it that differs from run to run.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

/// What is in the image, by its path without the leading slash.
pub(super) type Entries = BTreeMap<PathBuf, Entry>;

/// One of them.
pub(super) enum Entry {
    Folder,
    /// A file that everybody may run.
    Program(Vec<u8>),
}

/// The layer: all belongs to root and is of the beginning of time.
pub(super) fn tar(entries: &Entries) -> anyhow::Result<Vec<u8>> {
    let mut layer = tar::Builder::new(Vec::new());
    for (path, entry) in entries {
        match entry {
            Entry::Folder => append(&mut layer, path, tar::EntryType::Directory, &[], 0o755)?,
            Entry::Program(content) => append(&mut layer, path, tar::EntryType::Regular, content, 0o755)?,
        }
    }
    Ok(layer.into_inner()?)
}

/// Appends an entry that is the same whenever it is written.
pub(super) fn append(
    tar: &mut tar::Builder<Vec<u8>>,
    path: &Path,
    kind: tar::EntryType,
    content: &[u8],
    mode: u32,
) -> anyhow::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    header.set_mode(mode);
    tar.append_data(&mut header, path, content).with_context(|| format!("cannot archive {}", path.display()))
}
