//! Room kept back for clearing a full disk.
//!
//! Garbage goes by moving what is wanted out of a segment and then writing a checkpoint, and both need
//! room themselves. Without a reserve a full disk could never empty itself.

use std::io;

use super::volume::Volume;

/// What room is kept back for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserve {
    /// Moving what is wanted out of a segment.
    Compaction,
    /// Writing the index down.
    Checkpoint,
}

impl Reserve {
    const fn file_name(self) -> &'static str {
        match self {
            Self::Compaction => "reserve.compaction",
            Self::Checkpoint => "reserve.checkpoint",
        }
    }
}

/// Keeps at least `bytes` back; false if the volume has not so much to spare.
///
/// # Errors
/// The volume's, but for a full disk.
pub fn keep(volume: &dyn Volume, reserve: Reserve, bytes: u64) -> io::Result<bool> {
    let name = reserve.file_name();
    match volume.open(name) {
        Ok(file) if file.len()? >= bytes => return Ok(true),
        Ok(_) => volume.remove(name)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    match volume.create(name, bytes) {
        Err(error) if error.kind() == io::ErrorKind::StorageFull => Ok(false),
        done => done.map(|_| true),
    }
}

/// Gives the room back to the volume; false if there was none.
///
/// # Errors
/// The volume's.
pub fn release(volume: &dyn Volume, reserve: Reserve) -> io::Result<bool> {
    match volume.remove(reserve.file_name()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
