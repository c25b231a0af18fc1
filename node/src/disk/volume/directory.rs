//! A volume in a real folder.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, IoSliceMut};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FallocateFlags, SeekFrom, fallocate, seek};
use rustix::io::{Errno, ReadWriteFlags, preadv2};

use super::{Volume, VolumeFile};

const LOCK_NAME: &str = "lock";

/// A folder of the file system, held by one process at a time.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    folder: File,
    /// Dropping it ends the hold.
    _lock: File,
}

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process holds it.
    #[error(
        "the data directory {path} is in use by another process: stop that one, or give this one its own with --data-dir"
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error(
        "cannot use the data directory {path}: {error}; choose another with --data-dir or give this user write access"
    )]
    Io {
        /// The folder.
        path: PathBuf,
        /// The operating system's reason.
        error: io::Error,
    },
}

impl Directory {
    /// Takes hold of `path`, creating the folder if it is missing.
    ///
    /// # Errors
    /// [`OpenError`], with nothing changed.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let refused = |error| OpenError::Io { path: path.to_owned(), error };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(refused)?;
        let folder = File::open(path).map_err(refused)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join(LOCK_NAME))
            .map_err(refused)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), folder, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(error)) => Err(refused(error)),
        }
    }
}

impl Volume for Directory {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            // A name that is not text cannot be one of ours.
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn create(&self, name: &str, bytes: u64) -> io::Result<Arc<dyn VolumeFile>> {
        let path = self.path.join(name);
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        if bytes == 0 {
            return Ok(Arc::new(DirectoryFile(file)));
        }
        match fallocate(&file, FallocateFlags::empty(), 0, bytes) {
            Ok(()) => Ok(Arc::new(DirectoryFile(file))),
            // Without reservation a full disk shows at the write, which ends the process; still correct.
            Err(Errno::OPNOTSUPP) => {
                file.set_len(bytes)?;
                Ok(Arc::new(DirectoryFile(file)))
            }
            Err(error) => {
                std::fs::remove_file(&path)?;
                Err(full(error.into()))
            }
        }
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn VolumeFile>> {
        let file = OpenOptions::new().read(true).write(true).open(self.path.join(name))?;
        Ok(Arc::new(DirectoryFile(file)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.path.join(name))
    }

    fn sync(&self) -> io::Result<()> {
        self.folder.sync_all()
    }
}

/// A quota is as full as a disk.
fn full(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::QuotaExceeded { io::ErrorKind::StorageFull.into() } else { error }
}

#[derive(Debug)]
struct DirectoryFile(File);

impl VolumeFile for DirectoryFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn data_end(&self) -> io::Result<u64> {
        let mut end = 0;
        loop {
            match seek(&self.0, SeekFrom::Data(end)) {
                Ok(data) => end = seek(&self.0, SeekFrom::Hole(data))?,
                Err(Errno::NXIO) => return Ok(end),
                // A file system that cannot tell.
                Err(Errno::INVAL | Errno::OPNOTSUPP) => return self.len(),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(buffer, offset)
    }

    fn read_at_if_cached(&self, buffer: &mut [u8], offset: u64) -> io::Result<bool> {
        let wanted = buffer.len();
        match preadv2(&self.0, &mut [IoSliceMut::new(buffer)], offset, ReadWriteFlags::NOWAIT) {
            Ok(read) => Ok(read == wanted),
            // Not in memory, or a file system that cannot tell.
            Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::NOSYS | Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset).map_err(full)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.0.set_len(bytes).map_err(full)
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::os::unix::fs::PermissionsExt;

    use super::{Directory, OpenError};
    use crate::disk::volume::Volume;

    #[test]
    fn a_folder_keeps_files_for_one_process() {
        let folder = tempfile::tempdir().unwrap();
        let volume = Directory::open(&folder.path().join("made")).unwrap();
        assert!(matches!(Directory::open(&folder.path().join("made")), Err(OpenError::InUse { .. })));
        for bytes in [0, 4096] {
            let name = format!("file-{bytes}");
            let file = volume.create(&name, bytes).unwrap();
            assert_eq!(file.len().unwrap(), bytes);
            assert_eq!(volume.create(&name, bytes).unwrap_err().kind(), ErrorKind::AlreadyExists);
            file.write_at(b"content", 10).unwrap();
            file.sync().unwrap();
            assert!((17..=4096).contains(&file.data_end().unwrap()));
            let mut read = [0; 7];
            volume.open(&name).unwrap().read_at(&mut read, 10).unwrap();
            assert_eq!(&read, b"content");
            assert_eq!(file.read_at(&mut [0; 9000], 0).unwrap_err().kind(), ErrorKind::UnexpectedEof);
        }
        volume.rename("file-0", "renamed").unwrap();
        volume.remove("file-4096").unwrap();
        volume.sync().unwrap();
        let mut names = volume.list().unwrap();
        names.sort();
        assert_eq!(names, ["lock", "renamed"]);
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder.path().join("made")), 0o700, "sessions are nobody else's business");
        assert_eq!(mode(&folder.path().join("made").join("renamed")), 0o600);
    }
}
