//! The disk as the tiers see it: a few files in one folder.
//!
//! Small on purpose. Tests put a volume under the real journal and the real redb that forgets what
//! was not synced, tears writes, fills up or fails at the k-th call.

mod directory;
#[cfg(feature = "testing")]
pub mod memory;

use std::fmt::Debug;
use std::io;
use std::sync::Arc;

pub use directory::{Directory, OpenError};
use rustix::io::Errno;

/// Whether a file could not be opened only because the process, or the machine, has too many open: a
/// matter of waiting, not of the volume.
#[must_use]
pub fn is_out_of_descriptors(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
}

/// A folder of files. Errors are the operating system's.
pub trait Volume: Debug + Send + Sync {
    /// The names of all files.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Makes a file of `bytes` zero bytes whose space is reserved, so that writing inside it cannot
    /// fail for want of room. It must not exist.
    fn create(&self, name: &str, bytes: u64) -> io::Result<Arc<dyn VolumeFile>>;

    /// Opens an existing file.
    fn open(&self, name: &str) -> io::Result<Arc<dyn VolumeFile>>;

    /// Gives a file another name, all or nothing.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Deletes a file. Whoever has it open may still read it.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes creations, removals and new names durable.
    fn sync(&self) -> io::Result<()>;
}

/// One file, used by several threads through positioned calls.
#[expect(clippy::len_without_is_empty, reason = "a file's length is asked for, never whether it has one")]
pub trait VolumeFile: Debug + Send + Sync {
    /// Its length in bytes.
    fn len(&self) -> io::Result<u64>;

    /// A bound behind which there are only zeros: reserved room need not be read.
    fn data_end(&self) -> io::Result<u64> {
        self.len()
    }

    /// Fills `buffer` from `offset`; an end of file before that is `UnexpectedEof`.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// The same, but only if that needs no wait for the device: `false` means it would.
    fn read_at_if_cached(&self, _buffer: &mut [u8], _offset: u64) -> io::Result<bool> {
        Ok(false)
    }

    /// Writes all of `bytes` at `offset`.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes everything written durable. After an error nothing may be assumed of any write since
    /// the last success, so no caller tries again.
    fn sync(&self) -> io::Result<()>;

    /// Cuts or extends (with zeros) to `bytes`.
    fn set_len(&self, bytes: u64) -> io::Result<()>;
}
